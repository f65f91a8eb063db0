// attention_tiles.h - tile operations shared by the attention kernels.
//
// Each work-group owns one tile of TILE rows (the own tile). Other rows are streamed, TILE rows at
// a time:
//     multiply     sums[b][a] = sum_d streamed[b][d] * own[a][d]
//     weights      weights[b][a] from sums: probabilities or score gradients
//     accumulate   accumulated[a][d] += sum_b weights[b][a] * streamed[b][d]
// A tile is a list of TILE row indices into a matrix [*, HEAD_DIMENSION]; -1 marks a missing row.
//
// A query tile holds packed rows. Packed row r of a sequence is query r / (H / G) of query head
// r % (H / G) in its group: the heads of a group see the same keys. Key positions start at 0 with
// the prefix and continue with the sequence's own keys.
//
// Built with  HEAD_DIMENSION  D, 1 to 256
//             TILE            16, 32 or 64 on GPUs, a multiple of 32 on devices of CPU type
//             CHUNK           8, 16 or 32, at most TILE, on GPUs: elements or rows staged in local
//                             memory at a time
//             TENSOR_CORES    defined where attention_fragments.h has the tile operations
//             SOFT_CAP        1: scores become soft_cap * tanh(score / soft_cap)

typedef struct QueryTile {
  int query_start;     // row of the sequence's first query
  int query_count;
  int key_start;       // row of its first own key
  int prefix_count;    // prefix rows that it sees
  int first_position;  // position of its first query
  int first_row;       // packed row at which the tile begins
} QueryTile;

typedef struct KeyTile {
  int key_row;
  int key_count;
  int slot;        // -1: write the keys' own rows; else write this slot of the partial sums
  int span_begin;  // spans of queries that see this tile
  int span_end;
} KeyTile;

typedef struct Span {
  int query_start;
  int query_count;
  int first_position;
  int shift;  // position of a key = its row + shift
} Span;

DEVICE int smaller(int a, int b) { return a < b ? a : b; }
DEVICE int larger(int a, int b) { return a > b ? a : b; }

DEVICE int key_row(QueryTile tile, int position) {
  return position < tile.prefix_count ? position : tile.key_start + position - tile.prefix_count;
}

DEVICE int packed_row(int query_start, int packed, int group, int query_heads, int head) {
  return (query_start + packed / group) * query_heads + head * group + packed % group;
}

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

#else

DEVICE float cap(float score, float soft_cap) {
  return SOFT_CAP ? soft_cap * TANH(score / soft_cap) : score;
}

// Returns a pair's probability. Replaces d_output . value in `d_score` by the score gradient.
DEVICE float score_gradient(int seen, float sum, float log_sum_exp, float delta, float scale,
                            float soft_cap, float *d_score) {
  const float s = cap(scale * sum, soft_cap);
  const float p = seen ? EXP(s - log_sum_exp) : 0.0f;
  float d = p * (*d_score - delta);
  if (SOFT_CAP) d *= 1.0f - (s / soft_cap) * (s / soft_cap);
  *d_score = seen ? d : 0.0f;
  return p;
}

#if !TENSOR_CORES

// One work-group of SIDE x SIDE lanes per tile. Lane (y, x) holds the sums of own rows y * PER_LANE
// ... and streamed rows x, x + SIDE, ..., and the accumulated elements x, x + SIDE, ... of the same
// own rows. Adjacent lanes store adjacent rows of weights: their quads are in different banks.
#define LANES 256
#define SIDE 16
#define PER_LANE (TILE / SIDE)
#define COLUMNS ((HEAD_DIMENSION + SIDE - 1) / SIDE)
#define PITCH (TILE + 4)
#ifndef CHUNK
#define CHUNK 16
#endif
#define SCORE_STAGING (2 * CHUNK * PITCH)
#define ACCUMULATE_STAGING (CHUNK * HEAD_DIMENSION + SIDE)
#define STAGING (SCORE_STAGING > ACCUMULATE_STAGING ? SCORE_STAGING : ACCUMULATE_STAGING)

// chunk[d][column] = matrix[rows[row]][first + d] for CHUNK elements d. The column is the row or,
// if interleaved, PER_LANE * (row % SIDE) + row / SIDE: the rows of one lane are then adjacent.
DEVICE void load_chunk(const GLOBAL float *matrix, const LOCAL_ARG int *rows, int interleaved,
                       int first, LOCAL_ARG float *chunk) {
  const int lane = LOCAL_ID;
  for (int e = lane; e < TILE * CHUNK; e += LANES) {
    const int column = e / CHUNK;
    const int row = rows[interleaved ? column % PER_LANE * SIDE + column / PER_LANE : column];
    const int d = first + e % CHUNK;
    chunk[e % CHUNK * PITCH + column] =
        row >= 0 && d < HEAD_DIMENSION ? matrix[(OFFSET)row * HEAD_DIMENSION + d] : 0.0f;
  }
}

DEVICE void clear_sums(float sums[PER_LANE][PER_LANE]) {
#pragma unroll
  for (int i = 0; i < PER_LANE; i++)
#pragma unroll
    for (int j = 0; j < PER_LANE; j++) sums[i][j] = 0.0f;
}

DEVICE void clear_accumulated(float accumulated[PER_LANE][COLUMNS]) {
#pragma unroll
  for (int i = 0; i < PER_LANE; i++)
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) accumulated[i][c] = 0.0f;
}

// sums[i][j] = sum_d own[y * PER_LANE + i][d] * streamed[x + j * SIDE][d]. Ends with a barrier.
DEVICE void multiply_tiles(const GLOBAL float *own, const LOCAL_ARG int *own_rows,
                           const GLOBAL float *streamed, const LOCAL_ARG int *streamed_rows,
                           LOCAL_ARG float *staging, float sums[PER_LANE][PER_LANE]) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
  LOCAL_ARG float *left = staging;
  LOCAL_ARG float *right = staging + CHUNK * PITCH;
  clear_sums(sums);
  for (int first = 0; first < HEAD_DIMENSION; first += CHUNK) {
    load_chunk(own, own_rows, 0, first, left);
    load_chunk(streamed, streamed_rows, 1, first, right);
    BARRIER();
    for (int d = 0; d < CHUNK; d++) {
      const LOCAL_ARG float *own_part = left + d * PITCH + y * PER_LANE;
      const LOCAL_ARG float *streamed_part = right + d * PITCH + x * PER_LANE;
#pragma unroll
      for (int i = 0; i < PER_LANE; i++)
#pragma unroll
        for (int j = 0; j < PER_LANE; j++)
          sums[i][j] = FMA(own_part[i], streamed_part[j], sums[i][j]);
    }
    BARRIER();
  }
}

// weights[x + j * SIDE][y * PER_LANE + i] = numbers[i][j]
DEVICE void store_weights(float values[PER_LANE][PER_LANE], LOCAL_ARG float *weights) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
#pragma unroll
  for (int j = 0; j < PER_LANE; j++) {
    LOCAL_ARG float *to = weights + (x + j * SIDE) * PITCH + y * PER_LANE;
#if TILE == 64
    *(LOCAL_ARG float4 *)to =
        make_float4(values[0][j], values[1][j], values[2][j], values[3][j]);
#else
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) to[i] = values[i][j];
#endif
  }
}

// accumulated[i][c] += sum_b weights[b][y * PER_LANE + i] * streamed[b][x + c * SIDE]. Ends with a
// barrier.
DEVICE void accumulate(const LOCAL_ARG float *weights, const GLOBAL float *streamed,
                   const LOCAL_ARG int *streamed_rows, LOCAL_ARG float *staging,
                   float accumulated[PER_LANE][COLUMNS]) {
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  for (int first = 0; first < TILE; first += CHUNK) {
    for (int e = lane; e < CHUNK * HEAD_DIMENSION; e += LANES) {
      const int row = streamed_rows[first + e / HEAD_DIMENSION];
      staging[e] = row >= 0 ? streamed[(OFFSET)row * HEAD_DIMENSION + e % HEAD_DIMENSION] : 0.0f;
    }
    BARRIER();
    for (int b = 0; b < CHUNK; b++) {
      const LOCAL_ARG float *part = weights + (first + b) * PITCH + y * PER_LANE;
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) {
        const float value = staging[b * HEAD_DIMENSION + x + c * SIDE];
#pragma unroll
        for (int i = 0; i < PER_LANE; i++)
          accumulated[i][c] = FMA(part[i], value, accumulated[i][c]);
      }
    }
    BARRIER();
  }
}

// target[rows[y * PER_LANE + i]][x + c * SIDE] = factor * accumulated[i][c]
DEVICE void store_accumulated(float accumulated[PER_LANE][COLUMNS], const LOCAL_ARG int *rows,
                           float factor, GLOBAL float *target) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
#pragma unroll
  for (int i = 0; i < PER_LANE; i++) {
    const int row = rows[y * PER_LANE + i];
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
      if (row >= 0 && x + c * SIDE < HEAD_DIMENSION)
        target[(OFFSET)row * HEAD_DIMENSION + x + c * SIDE] = factor * accumulated[i][c];
  }
}

#endif

#endif
