// attention_fragments.h - tile operations of the attention kernels on tensor cores, for the tiles
// of attention_tiles.h with the functions of tensor_cores.h.
//
// Each warp owns 16 rows of the own tile, whose scores and sums stay in its registers as fragments:
// lane l holds rows g = l / 4 and g + 8, and of 8 streamed rows those at 2 * (l % 4) and the next.
// Streamed rows are in shared memory as bf16 (attention_staging.h):
//     multiply_rows        sums[a][b] = sum_d own[a][d] * streamed[b][d]
//     accumulate_columns   accumulated[a][d] = factor[a] * accumulated[a][d]
//                          + sum_b weights[a][b] * streamed[b][d]
//
// Tensor cores multiply bf16, so an f32 number is written as a sum of PIECES bf16 numbers, and a
// product of two numbers as the products of those pieces whose places add up to less than PIECES: 6
// for 3 pieces, which are exact but for 2^-24, and 1 for 1 piece, whose error is 2^-8. (2 pieces
// have 2^-17: the worst of some thousand results is then 1e-5 of the largest.) Sums are f32, but
// tensor cores cut the bits that f32 has no place for: small products and each tile are summed on
// their own, and f32 units add these sums.
//
// Of each 16 elements d of a row, lane t of four has 4t ... 4t + 3, which global memory gives it as
// one float4. In fragments they stand at 2t, 2t + 1, 2t + 8 and 2t + 9, own and streamed alike.
//
// Built with  HEAD_DIMENSION  D, a multiple of 4 up to 256
//             TILE            own rows, a multiple of 16
//             STREAMED        streamed rows at a time, a multiple of 16
//             IN_TURNS        1: the two streamed matrices share a place in shared memory, and each
//                             is loaded again where it is needed
//             PREFETCH        1: the next tile of both streamed matrices is copied to shared memory
//                             while the present one is multiplied; 0 with IN_TURNS
//             PIECES          3, or 1 where operands are rounded to bf16
//             KEEP            1: fragments of own rows stay in registers, 0: each tile loads them
//             SPLIT           warps that share the columns of the sums of 16 own rows

#if TENSOR_CORES

#ifndef PIECES
#define PIECES 3
#endif
#ifndef KEEP
#define KEEP 0
#endif
#ifndef IN_TURNS
#define IN_TURNS 0
#endif
#ifndef PREFETCH
#define PREFETCH 0
#endif
#ifndef SPLIT
#define SPLIT 1
#endif
#define LANES (WARP * TILE / 16 * SPLIT)
// Steps of 16 elements d; those behind HEAD_DIMENSION are zero.
#define STEPS ((HEAD_DIMENSION + 15) / 16)
#define QUADS (STEPS * 4)
// Pairs of 8 columns of the accumulated sums that a warp has.
#define COLUMN_PAIRS ((STEPS + SPLIT - 1) / SPLIT)
// Words of a row of shared memory: an odd number of 16 bytes, so that 8 rows are in distinct banks.
#define PITCH (STEPS * 8 + 4)
#define PLANE (STREAMED * PITCH)
// Quads of words of the planes of a matrix; without IN_TURNS those of the second follow.
#define PLANE_QUADS (PIECES * PLANE / 4)
#define STAGED_QUADS (IN_TURNS ? PLANE_QUADS : 2 * PLANE_QUADS)

// Steps whose fragments of own rows are kept.
#define KEPT_STEPS (KEEP ? STEPS : 0)

typedef struct OwnRows {
  int row[2];  // of the lane, -1 if missing
} OwnRows;

// x and y as `count` pieces, in the low and the high half of each word.
DEVICE void split_pair(float x, float y, int count, uint *pieces) {
#pragma unroll
  for (int p = 0; p < count; p++) {
    pieces[p] = pack_bf16(x, y);
    x -= bits_to_float(pieces[p] << 16);
    y -= bits_to_float(pieces[p] & 0xffff0000u);
  }
}

DEVICE float4 load_quad(const GLOBAL float *matrix, int row, int d) {
  if (row < 0 || d >= HEAD_DIMENSION) return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  return *(const GLOBAL float4 *)(matrix + (OFFSET)row * HEAD_DIMENSION + d);
}

// The lane's first own row within the tile; the second is 8 further.
DEVICE int first_own_row(void) {
  return LOCAL_ID / (WARP * SPLIT) * 16 + LOCAL_ID % WARP / 4;
}

// Elements 16 * step ... of the own rows as the left fragment of a product.
DEVICE void load_own(const GLOBAL float *matrix, OwnRows rows, int step, uint left[PIECES][4]) {
  const int d = 16 * step + LOCAL_ID % 4 * 4;
  const float4 x = load_quad(matrix, rows.row[0], d);
  const float4 y = load_quad(matrix, rows.row[1], d);
  uint pieces[PIECES];
  split_pair(x.x, x.y, PIECES, pieces);
#pragma unroll
  for (int p = 0; p < PIECES; p++) left[p][0] = pieces[p];
  split_pair(y.x, y.y, PIECES, pieces);
#pragma unroll
  for (int p = 0; p < PIECES; p++) left[p][1] = pieces[p];
  split_pair(x.z, x.w, PIECES, pieces);
#pragma unroll
  for (int p = 0; p < PIECES; p++) left[p][2] = pieces[p];
  split_pair(y.z, y.w, PIECES, pieces);
#pragma unroll
  for (int p = 0; p < PIECES; p++) left[p][3] = pieces[p];
}

// The first `count` steps of the own rows, to keep in registers.
DEVICE void keep_own(const GLOBAL float *matrix, OwnRows rows, int count,
                     uint (*kept)[PIECES][4]) {
#pragma unroll
  for (int step = 0; step < count; step++) load_own(matrix, rows, step, kept[step]);
}

// Adds the products of pieces, the smallest first, of 16 own rows and two times 8 columns: those of
// the first pieces to `sums` and `next`, the others to `small_sums` and `small_next`.
DEVICE void multiply_pieces(const uint left[PIECES][4], const uint right[PIECES][4], float *sums,
                            float *next, float *small_sums, float *small_next) {
#pragma unroll
  for (int place = PIECES - 1; place > 0; place--)
#pragma unroll
    for (int p = 0; p <= place; p++) {
      multiply_fragments(small_sums, left[place - p], right[p]);
      multiply_fragments(small_next, left[place - p], right[p] + 2);
    }
  multiply_fragments(sums, left[0], right[0]);
  multiply_fragments(next, left[0], right[0] + 2);
}

// sums[j] of streamed rows 8j ...: see above. The own rows are `kept` ones, or are loaded again.
DEVICE void multiply_rows(const GLOBAL float *own, OwnRows rows, int is_kept,
                          const uint (*kept)[PIECES][4], const LOCAL_ARG uint *planes,
                          float sums[STREAMED / 8][4]) {
  const int lane = LOCAL_ID % WARP;
  const LOCAL_ARG uint *from = planes + (lane / 16 * 8 + lane % 8) * PITCH + lane / 8 % 2 * 4;
  float small[STREAMED / 8][4];
#pragma unroll
  for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
    for (int e = 0; e < 4; e++) sums[j][e] = small[j][e] = 0.0f;
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
    uint left[PIECES][4];
    if (is_kept) {
#pragma unroll
      for (int p = 0; p < PIECES; p++)
#pragma unroll
        for (int r = 0; r < 4; r++) left[p][r] = kept[step][p][r];
    } else {
      load_own(own, rows, step, left);
    }
#pragma unroll
    for (int j = 0; j < STREAMED / 16; j++) {
      uint right[PIECES][4];
#pragma unroll
      for (int p = 0; p < PIECES; p++)
        load_fragments(from + p * PLANE + 16 * j * PITCH + 8 * step, right[p]);
      multiply_pieces(left, right, sums[2 * j], sums[2 * j + 1], small[2 * j], small[2 * j + 1]);
    }
  }
#pragma unroll
  for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
    for (int e = 0; e < 4; e++) sums[j][e] += small[j][e];
}

// See above. `weights` are sums of multiply_rows after a function of each.
DEVICE void accumulate_columns(const float weights[STREAMED / 8][4],
                               const LOCAL_ARG uint *planes, const float factors[2],
                               float accumulated[2 * COLUMN_PAIRS][4]) {
  const int lane = LOCAL_ID % WARP;
  const int first_pair = LOCAL_ID / WARP % SPLIT * COLUMN_PAIRS;
  const LOCAL_ARG uint *from =
      planes + (lane / 8 % 2 * 8 + lane % 8) * PITCH + lane / 16 * 4 + 8 * first_pair;
  uint left[STREAMED / 16][PIECES][4];
#pragma unroll
  for (int k = 0; k < STREAMED / 16; k++)
#pragma unroll
    for (int r = 0; r < 4; r++) {
      uint pieces[PIECES];
      split_pair(weights[2 * k + r / 2][r % 2 * 2], weights[2 * k + r / 2][r % 2 * 2 + 1],
                 PIECES, pieces);
#pragma unroll
      for (int p = 0; p < PIECES; p++) left[k][p][r] = pieces[p];
    }
#pragma unroll
  for (int c = 0; c < COLUMN_PAIRS; c++) {
    if (STEPS % SPLIT != 0 && first_pair + c >= STEPS) break;
    float sums[2][4] = {{0.0f, 0.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f, 0.0f}};
#pragma unroll
    for (int k = 0; k < STREAMED / 16; k++) {
      uint right[PIECES][4];
#pragma unroll
      for (int p = 0; p < PIECES; p++)
        load_transposed(from + p * PLANE + 16 * k * PITCH + 8 * c, right[p]);
      multiply_pieces(left[k], right, sums[0], sums[1], sums[0], sums[1]);
    }
#pragma unroll
    for (int e = 0; e < 4; e++) {
      accumulated[2 * c][e] = FMA(accumulated[2 * c][e], factors[e / 2], sums[0][e]);
      accumulated[2 * c + 1][e] = FMA(accumulated[2 * c + 1][e], factors[e / 2], sums[1][e]);
    }
  }
}

DEVICE void clear_accumulated(float accumulated[2 * COLUMN_PAIRS][4]) {
#pragma unroll
  for (int c = 0; c < 2 * COLUMN_PAIRS; c++)
#pragma unroll
    for (int e = 0; e < 4; e++) accumulated[c][e] = 0.0f;
}

// target[own rows][d] = factors * accumulated
DEVICE void store_accumulated(const float accumulated[2 * COLUMN_PAIRS][4], OwnRows rows,
                              const float factors[2], GLOBAL float *target) {
  const int first_pair = LOCAL_ID / WARP % SPLIT * COLUMN_PAIRS;
#pragma unroll
  for (int c = 0; c < COLUMN_PAIRS; c++) {
    const int d = 16 * (first_pair + c) + LOCAL_ID % 4 * 4;
#pragma unroll
    for (int i = 0; i < 2; i++)
      if (rows.row[i] >= 0 && d < HEAD_DIMENSION)
        *(GLOBAL float4 *)(target + (OFFSET)rows.row[i] * HEAD_DIMENSION + d) = make_float4(
            factors[i] * accumulated[2 * c][2 * i], factors[i] * accumulated[2 * c][2 * i + 1],
            factors[i] * accumulated[2 * c + 1][2 * i],
            factors[i] * accumulated[2 * c + 1][2 * i + 1]);
  }
}

#endif
