// row_gather.cl - rows taken from places that an index names, and put back to such places.
//
//     gather_rows    target[r, e] = source[rows[r], e]
//     scatter_rows   target[rows[r], e] = source[r, e], or += where accumulate is 1
//
//     source    [*, E] (gather), [N, E] (scatter)   read
//     rows      [N]     read     distinct in scatter_rows, so no two work-groups write one row
//     target    [N, E] (gather), [*, E] (scatter)   write, or update where accumulate is 1
//
// Mapping   one work-group a row; lane l moves e = l, l + LANES, ... (coalesced). One work-item a row on the CPU.
// Passes    one
// Numerics  gather exact, scatter one rounding an element
// Traffic   2 * N * E floats (3 where accumulate is 1)
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
