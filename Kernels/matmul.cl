// matmul.cl - matrix multiplication of activations with a frozen weight matrix, in both
// directions.
//
//     forward   y[t, n] = sum_k x[t, k] * W[n, k] + bias[n]      (width N, inner K)
//     backward  y[t, k] = sum_n x[t, n] * W[n, k]                (width K, inner N)
//
//     x         [rows, inner]  read f32, from element x_offset, rows x_stride apart
//     weight    [N, K]      read    in the format ELEMENT, decoded on load; K is whole blocks
//     bias      [N]         read    if has_bias is 1
//     addend    as y        read    if adds is 1: added to the result; y itself or another buffer
//     y         [rows, width]  write   from element y_offset, rows y_stride apart; with split-K
//                                   [splits, rows, width]
//
// Mapping   one work-group per tile of y, TILE_ROWS by TILE_COLUMNS, and per split of the inner
//           dimension (GROUP_ID_Z). Item (i, j) of its ITEM_ROWS by ITEM_COLUMNS items computes
//           PARTS by PARTS register tiles of 4 by 4:
//
//                        j = 0   1   2          0   1   2
//                       +---+---+---+-     -+---+---+---+-
//                 i = 0 |4x4|   |   |  ...  |4x4|   |   |  ...
//                       +---+---+---+-     -+---+---+---+-
//                     1 |   |   |   |  ...  |   |   |   |  ...
//
//               rows     4 * (i + ITEM_ROWS * part) + 0 ... 3
//               columns  4 * (j + ITEM_COLUMNS * part) + 0 ... 3
//
//           A warp of 32 items covers 4 by 8 items of that grid: it reads 4 + 8 distinct quads of
//           local memory for 32 * 16 multiply-adds and writes 128 contiguous bytes of each row of
//           y.
// Passes    over the inner dimension in steps of TILE_K: tiles of x and W are staged in local
//           memory as [TILE_K][rows or columns]; the loads of the next step are in flight while the
//           current step is multiplied
// Memory    x, and W forward, are contiguous along the inner dimension: 4 items read 64 bytes of a
//           row (32 of 16-bit weights), whole sectors. W backward is contiguous along the columns:
//           16 or more items read adjacent quads. Local rows are padded by four floats: the
//           transposed stores then have at most two-way bank conflicts.
// Numerics  f32 sums in order of the inner dimension; matmul_sum.cl adds splits in order
// Traffic   x once per TILE_COLUMNS columns, W once per TILE_ROWS rows, y once, with
//           split-K the partial sums [splits, rows, width] as y
// Entries   matmul or matmul_backward
// Needs     weight_blocks.h
// Tunable   ITEM_ROWS * ITEM_COLUMNS = 256, multiples of 4 and 8; PARTS 1 or 2; TILE_K 8, 16 or 32
//           with TILE_COLUMNS * TILE_K a multiple of 1024; ALIGNED 1 if width, inner, offsets and
//           strides are multiples of 4: quads are then loaded as vectors; those of blocks always
//           are. 16 * 16 items with PARTS 2 give a
//           tile of 128 by 128 and use 17 KB of local memory.
// Twin      Sources/Compute/Matmul/Matmul+OpenCL.swift, Sources/CArithmetic/matmul_float_tiles.c
// Build     ELEMENT=0,1,2,3,7,9,10 BACKWARD=0,1 PARTS=1,2 ALIGNED=0,1 TILE_K=16,32

#ifndef CPU_DEVICE

#ifndef ITEM_ROWS
#define ITEM_ROWS 16
#endif
#ifndef ITEM_COLUMNS
#define ITEM_COLUMNS 16
#endif
#ifndef PARTS
#define PARTS 1
#endif
#ifndef ALIGNED
#define ALIGNED 0
#endif
#ifndef TILE_K
#define TILE_K 16
#endif
#define ITEMS 256
#define QUADS (TILE_K / 4)
#define TILE_ROWS (4 * ITEM_ROWS * PARTS)
#define TILE_COLUMNS (4 * ITEM_COLUMNS * PARTS)
#define X_STRIDE (TILE_ROWS / 4 + 1)
#define W_STRIDE (TILE_COLUMNS / 4 + 1)
#define X_QUADS (TILE_ROWS * QUADS)
#define W_QUADS (TILE_COLUMNS * QUADS)
#define X_QUADS_PER_ITEM ((X_QUADS + ITEMS - 1) / ITEMS)
#define W_QUADS_PER_ITEM ((W_QUADS + ITEMS - 1) / ITEMS)

#if BACKWARD
#define MATMUL matmul_backward
#else
#define MATMUL matmul
#endif

// Load quads of x and W. Only `count` elements are left in the row; those past the end are 0.
DEVICE float4 x_quad(const GLOBAL float *x, OFFSET index, int count) {
  if (count <= 0) return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#if ALIGNED
  return *(const GLOBAL float4 *)(x + index);
#else
  return make_float4(x[index], count > 1 ? x[index + 1] : 0.0f, count > 2 ? x[index + 2] : 0.0f,
                     count > 3 ? x[index + 3] : 0.0f);
#endif
}

#if ALIGNED || ELEMENT > ELEMENT_F16

DEVICE float4 weight_quad(const GLOBAL Stored *weight, OFFSET index, int count) {
  if (count <= 0) return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  return widen_quad(weight, index);
}

#else

DEVICE float4 weight_quad(const GLOBAL Stored *weight, OFFSET index, int count) {
  return make_float4(count > 0 ? widen(weight, index) : 0.0f,
                     count > 1 ? widen(weight, index + 1) : 0.0f,
                     count > 2 ? widen(weight, index + 2) : 0.0f,
                     count > 3 ? widen(weight, index + 3) : 0.0f);
}

#endif

// Stores a quad along K to column `at` of a tile, rows k ... k + 3.
DEVICE void transpose_quad(LOCAL_ARG float *tile, int stride, int k, int at, float4 quad) {
  LOCAL_ARG float *to = tile + k * stride + at;
  to[0] = quad.x;
  to[stride] = quad.y;
  to[2 * stride] = quad.z;
  to[3 * stride] = quad.w;
}

DEVICE void unpack(float4 quad, float *to) {
  to[0] = quad.x;
  to[1] = quad.y;
  to[2] = quad.z;
  to[3] = quad.w;
}

// Writes at most 4 elements of a row of y, `count` of which exist.
DEVICE void write_quad(GLOBAL float *y, const GLOBAL float *bias, const GLOBAL float *addend,
                       const float *sum, int has_bias, int adds, int count) {
#if ALIGNED
  if (count <= 0) return;
  float4 quad = make_float4(sum[0], sum[1], sum[2], sum[3]);
  if (has_bias)
    quad = make_float4(quad.x + bias[0], quad.y + bias[1], quad.z + bias[2], quad.w + bias[3]);
  if (adds) {
    const float4 held = *(const GLOBAL float4 *)addend;
    quad = make_float4(held.x + quad.x, held.y + quad.y, held.z + quad.z, held.w + quad.w);
  }
  *(GLOBAL float4 *)y = quad;
#else
#pragma unroll
  for (int c = 0; c < 4; c++)
    if (c < count) {
      const float value = sum[c] + (has_bias ? bias[c] : 0.0f);
      y[c] = adds ? addend[c] + value : value;
    }
#endif
}

KERNEL(ITEMS) MATMUL(const GLOBAL float *RESTRICT x, const GLOBAL Stored *RESTRICT weight,
                      const GLOBAL float *RESTRICT bias, const GLOBAL float *addend,
                      GLOBAL float *y, int rows, int width, int inner, OFFSET x_offset,
                      int x_stride, OFFSET y_offset, int y_stride, int has_bias, int adds,
                      int k_per_split) {
  LOCAL float4 x_tile[TILE_K * X_STRIDE];
  LOCAL float4 w_tile[TILE_K * W_STRIDE];
  const int item = LOCAL_ID;
  const int row = GROUP_ID_Y * TILE_ROWS;
  const int column = GROUP_ID * TILE_COLUMNS;
  const int begin = GROUP_ID_Z * k_per_split;
  const int end = inner - begin < k_per_split ? inner : begin + k_per_split;
  const int i = item / 32 / (ITEM_COLUMNS / 8) * 4 + item % 32 / 8;
  const int j = item / 32 % (ITEM_COLUMNS / 8) * 8 + item % 8;
  float sum[4 * PARTS][4 * PARTS];
#pragma unroll
  for (int r = 0; r < 4 * PARTS; r++)
#pragma unroll
    for (int c = 0; c < 4 * PARTS; c++) sum[r][c] = 0.0f;

  float4 x_next[X_QUADS_PER_ITEM];
  float4 w_next[W_QUADS_PER_ITEM];
  // One more step than there are tiles: the first step only loads.
  for (int s = begin - TILE_K; s < end; s += TILE_K) {
    const int ahead = s + TILE_K;
#pragma unroll
    for (int q = 0; q < X_QUADS_PER_ITEM; q++) {
      const int r = (item + q * ITEMS) / QUADS;
      const int d = ahead + (item + q * ITEMS) % QUADS * 4;
      const int inside = r < TILE_ROWS && row + r < rows;
      x_next[q] = x_quad(x, x_offset + (OFFSET)(row + r) * x_stride + d, inside ? end - d : 0);
    }
#pragma unroll
    for (int q = 0; q < W_QUADS_PER_ITEM; q++) {
#if BACKWARD
      const int d = ahead + (item + q * ITEMS) / (TILE_COLUMNS / 4);
      const int c = column + (item + q * ITEMS) % (TILE_COLUMNS / 4) * 4;
      w_next[q] = weight_quad(weight, (OFFSET)d * width + c, d < end ? width - c : 0);
#else
      const int c = column + (item + q * ITEMS) / QUADS;
      const int d = ahead + (item + q * ITEMS) % QUADS * 4;
      w_next[q] = weight_quad(weight, (OFFSET)c * inner + d, c < width ? end - d : 0);
#endif
    }
    if (s >= begin) {
      for (int d = 0; d < TILE_K; d++) {
        float x_part[4 * PARTS], w_part[4 * PARTS];
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
          unpack(x_tile[d * X_STRIDE + i + ITEM_ROWS * part], x_part + 4 * part);
          unpack(w_tile[d * W_STRIDE + j + ITEM_COLUMNS * part], w_part + 4 * part);
        }
#pragma unroll
        for (int r = 0; r < 4 * PARTS; r++)
#pragma unroll
          for (int c = 0; c < 4 * PARTS; c++) sum[r][c] += x_part[r] * w_part[c];
      }
    }
    BARRIER();
#pragma unroll
    for (int q = 0; q < X_QUADS_PER_ITEM; q++) {
      const int quad = item + q * ITEMS;
      if (quad < X_QUADS)
        transpose_quad((LOCAL_ARG float *)x_tile, 4 * X_STRIDE, quad % QUADS * 4, quad / QUADS,
                  x_next[q]);
    }
#pragma unroll
    for (int q = 0; q < W_QUADS_PER_ITEM; q++) {
      const int quad = item + q * ITEMS;
#if BACKWARD
      w_tile[quad / (TILE_COLUMNS / 4) * W_STRIDE + quad % (TILE_COLUMNS / 4)] = w_next[q];
#else
      transpose_quad((LOCAL_ARG float *)w_tile, 4 * W_STRIDE, quad % QUADS * 4, quad / QUADS,
                w_next[q]);
#endif
    }
    BARRIER();
  }

#pragma unroll
  for (int r = 0; r < 4 * PARTS; r++) {
    const int at = row + 4 * (i + r / 4 * ITEM_ROWS) + r % 4;
    const OFFSET to = y_offset + ((OFFSET)GROUP_ID_Z * rows + at) * y_stride;
#pragma unroll
    for (int part = 0; part < PARTS; part++) {
      const int first_column = column + 4 * (j + part * ITEM_COLUMNS);
      if (at < rows) write_quad(y + to + first_column, bias + first_column,
                                addend + to + first_column,
                                sum[r] + 4 * part, has_bias, adds, width - first_column);
    }
  }
}

#endif
