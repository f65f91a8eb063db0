// attention_tiles_wide.h - tile operations of the attention kernels on devices of CPU type, with
// wide vectors, for the tiles of attention_tiles.h.

#ifdef CPU_DEVICE

// One work-item per tile. Tiles are in private memory; ROWS x 32 accumulators are in registers.
#define LANES 1
#define ROWS 8
#define WIDTH ((HEAD_DIMENSION + 31) / 32 * 32)

// tile[d][a] = matrix[rows[a]][d]
DEVICE void transpose_rows(const GLOBAL float *matrix, const int *rows, float *tile) {
  for (int a = 0; a < TILE; a++) {
    const GLOBAL float *from = matrix + (OFFSET)larger(rows[a], 0) * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) tile[d * TILE + a] = rows[a] < 0 ? 0.0f : from[d];
  }
}

// tile[b][d] = matrix[rows[b]][d], padded with zeros to WIDTH
DEVICE void copy_rows(const GLOBAL float *matrix, const int *rows, float *tile) {
  for (int b = 0; b < TILE; b++) {
    const GLOBAL float *from = matrix + (OFFSET)larger(rows[b], 0) * HEAD_DIMENSION;
    float *to = tile + b * WIDTH;
    const int count = rows[b] < 0 ? 0 : HEAD_DIMENSION;
    for (int d = 0; d < count; d++) to[d] = from[d];
    for (int d = count; d < WIDTH; d++) to[d] = 0.0f;
  }
}

// out[i][n] += sum_k left[i * left_row + k * left_step] * right[k][n]; rows is a multiple of
// ROWS, columns one of 32.
DEVICE void multiply_add(float *out, const float *left, int left_row, int left_step,
                         const float *right, int rows, int columns, int inner) {
  for (int i = 0; i < rows; i += ROWS)
    for (int n = 0; n < columns; n += 32) {
      float16 low[ROWS], high[ROWS];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        low[r] = vload16(0, out + (i + r) * columns + n);
        high[r] = vload16(0, out + (i + r) * columns + n + 16);
      }
      for (int k = 0; k < inner; k++) {
        const float16 right_low = vload16(0, right + k * columns + n);
        const float16 right_high = vload16(0, right + k * columns + n + 16);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          const float factor = left[(i + r) * left_row + k * left_step];
          low[r] += factor * right_low;
          high[r] += factor * right_high;
        }
      }
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        vstore16(low[r], 0, out + (i + r) * columns + n);
        vstore16(high[r], 0, out + (i + r) * columns + n + 16);
      }
    }
}

// sums[b][a] = sum_d streamed[b][d] * own[d][a] for the first `count` streamed rows.
DEVICE void multiply_tiles(const float *streamed, const float *own, int count, float *sums) {
  for (int i = 0; i < TILE * TILE; i++) sums[i] = 0.0f;
  multiply_add(sums, streamed, WIDTH, 1, own, (count + ROWS - 1) / ROWS * ROWS, TILE,
               HEAD_DIMENSION);
}

// accumulated[a][d] += sum_b weights[b][a] * streamed[b][d] over the first `count` streamed rows.
DEVICE void accumulate(const float *weights, const float *streamed, int count, float *accumulated) {
  multiply_add(accumulated, weights, 1, TILE, streamed, TILE, WIDTH, count);
}

DEVICE float16 cap(float16 score, float soft_cap) {
  return SOFT_CAP ? soft_cap * tanh(score / soft_cap) : score;
}

// Converts one streamed row's dot products with 16 own rows (query . key in `score`, d_output .
// value in `d_score`) to probabilities and score gradients. `seen` is all ones where the pair is
// visible.
DEVICE void score_gradient(int16 seen, float16 log_sum_exp, float16 delta, float scale,
                           float soft_cap, float *score, float *d_score) {
  const float16 s = cap(scale * vload16(0, score), soft_cap);
  const float16 p = select((float16)0.0f, exp(s - log_sum_exp), seen);
  float16 d = p * (vload16(0, d_score) - delta);
  if (SOFT_CAP) d *= 1.0f - (s / soft_cap) * (s / soft_cap);
  vstore16(p, 0, score);
  vstore16(select((float16)0.0f, d, seen), 0, d_score);
}

#endif
