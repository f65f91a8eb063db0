// product.cl - products of activations with a frozen matrix, in both directions.
//
//     forward   y[t, n] = sum_k x[t, k] * W[n, k] + bias[n]       (d = N columns out, s = K summed)
//     backward  y[t, k] = sum_n x[t, n] * W[n, k]                 (d = K columns out, s = N summed)
//
//     x       [T, s]  read    f32, from row first_in on
//     weight  [N, K]  read    f32, bf16 or f16 (ELEMENT), widened as it is read
//     bias    [N]     read    where has_bias is 1
//     y       [T, d]  write, or update where accumulate is 1; from row first_out on
//
// Mapping   a work-group of 256 makes a tile of 64 rows by 64 columns; item (i, j) of 16 by 16 makes rows i, i + 16, ... and
//           columns j, j + 16, ... of it.
// Passes    over s in steps of 16: the tiles of x and W go to local memory, then every item adds 16 outer products of 4 by 4
// Numerics  f32 sums in the order of s
// Twin      Sources/Compute/Operations/Product.swift, Product+CPU.swift
// Build     ELEMENT=0,1,2 BACKWARD=0,1

#define TILE 64
#define DEPTH 16

#if BACKWARD
#define PRODUCT product_backward
#else
#define PRODUCT product
#endif

KERNEL(256) PRODUCT(const GLOBAL float *RESTRICT x, const GLOBAL Stored *RESTRICT weight,
                    const GLOBAL float *RESTRICT bias, GLOBAL float *RESTRICT y, int rows,
                    int width, int depth, int first_in, int first_out, int has_bias,
                    int accumulate) {
  LOCAL float x_tile[DEPTH][TILE + 1];
  LOCAL float w_tile[DEPTH][TILE + 1];
  const int item = LOCAL_ID;
  const int row = GROUP_ID_Y * TILE;
  const int column = GROUP_ID * TILE;
  const int i = item / 16;
  const int j = item % 16;
  float sum[4][4];
  for (int a = 0; a < 4; a++)
    for (int b = 0; b < 4; b++) sum[a][b] = 0.0f;
  for (int s = 0; s < depth; s += DEPTH) {
    for (int step = 0; step < 4; step++) {
      const int r = item / DEPTH + step * 16;
      const int d = item % DEPTH;
      const int fits = row + r < rows && s + d < depth;
      x_tile[d][r] = fits ? x[(OFFSET)(first_in + row + r) * depth + s + d] : 0.0f;
#if BACKWARD
      const int wd = item / TILE + step * 4;
      const int wc = item % TILE;
      const int inside = column + wc < width && s + wd < depth;
      w_tile[wd][wc] = inside ? widen(weight, (OFFSET)(s + wd) * width + column + wc) : 0.0f;
#else
      const int inside = column + r < width && s + d < depth;
      w_tile[d][r] = inside ? widen(weight, (OFFSET)(column + r) * depth + s + d) : 0.0f;
#endif
    }
    BARRIER();
    for (int d = 0; d < DEPTH; d++)
      for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) sum[a][b] += x_tile[d][i + a * 16] * w_tile[d][j + b * 16];
    BARRIER();
  }
  for (int a = 0; a < 4; a++)
    for (int b = 0; b < 4; b++) {
      const int r = row + i + a * 16;
      const int c = column + j + b * 16;
      if (r < rows && c < width) {
        GLOBAL float *to = y + (OFFSET)(first_out + r) * width + c;
        const float value = sum[a][b] + (has_bias ? bias[c] : 0.0f);
        *to = accumulate ? *to + value : value;
      }
    }
}
