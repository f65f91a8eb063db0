// row_gather.cl - gathers rows by row index, and scatters rows back.
//
//     gather_rows    target[r, e] = source[rows[r], e]
//     scatter_rows   target[rows[r], e] = source[r, e], or += if accumulate is 1
//
//     source    [*, E] (gather), [N, E] (scatter)   read
//     rows      [N]     read     row indices; distinct in scatter_rows: no two work-groups
//                             write the same row
//     target    [N, E] (gather), [*, E] (scatter)   write, or update if accumulate is 1
//
// Mapping   one work-group per row; lane l moves e = l, l + LANES, ... (coalesced). CPU: one
//           work-item per row.
// Passes    one
// Numerics  gather exact, scatter one rounding per element
// Traffic   2 * N * E floats (3 if accumulate is 1)
// Twin      Sources/Compute/Embedding/RowGather.swift, Sources/CArithmetic/row_gather.c
// Build     LANES=1,128

KERNEL(LANES) gather_rows(const GLOBAL float *RESTRICT source, const GLOBAL int *RESTRICT rows,
                          GLOBAL float *RESTRICT target, int width) {
  const int row = GROUP_ID;
  const GLOBAL float *from = source + (OFFSET)rows[row] * width;
  GLOBAL float *to = target + (OFFSET)row * width;
  for (int e = LOCAL_ID; e < width; e += LANES) to[e] = from[e];
}

KERNEL(LANES) scatter_rows(const GLOBAL float *RESTRICT source, const GLOBAL int *RESTRICT rows,
                           GLOBAL float *RESTRICT target, int width, int accumulate) {
  const int row = GROUP_ID;
  const GLOBAL float *from = source + (OFFSET)row * width;
  GLOBAL float *to = target + (OFFSET)rows[row] * width;
  if (accumulate)
    for (int e = LOCAL_ID; e < width; e += LANES) to[e] += from[e];
  else
    for (int e = LOCAL_ID; e < width; e += LANES) to[e] = from[e];
}
