// matmul_sum.cl - adds the partial sums of a matrix multiplication whose inner dimension is split
// (matmul.cl).
//
//     y[t, n] = (addend[t, n] +) (bias[n] +) sum over splits of partial[split, t, n]
//
//     partial  [splits, rows, width]  read
//     bias     [width]                read    if has_bias
//     addend   as y                   read    if adds; y itself, or another buffer
//     y        [rows, width]          write   from element y_offset, rows y_stride apart
//
// Mapping   one lane per element: group (t, c) has columns c * LANES ... of row t
// Passes    one
// Numerics  f32; splits are added in order, so the result is the same in every run
// Traffic   the partial sums, the addend and y once
// Build     LANES=256
// Twin      none: the CPU path does not split the inner dimension

KERNEL(LANES) matmul_sum(const GLOBAL float *RESTRICT partial, const GLOBAL float *RESTRICT bias,
                         const GLOBAL float *addend, GLOBAL float *y, int rows, int width,
                         int splits, OFFSET y_offset, int y_stride, int has_bias, int adds) {
  const int row = GROUP_ID;
  const int column = GROUP_ID_Y * LANES + LOCAL_ID;
  if (column < width) {
    float sum = has_bias ? bias[column] : 0.0f;
    for (int split = 0; split < splits; split++)
      sum += partial[((OFFSET)split * rows + row) * width + column];
    const OFFSET to = y_offset + (OFFSET)row * y_stride + column;
    y[to] = adds ? addend[to] + sum : sum;
  }
}
