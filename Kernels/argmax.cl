// argmax.cl - index of the largest element of each row.
//
//     indices[t] = the lowest v with x[t,v] = max_v x[t,v]; 0 in a row of NaN
//
//     x         [T, V]  read
//     indices   [T]     write
//
// Mapping   GPU: one work-group of LANES per row; lane l reads v = l, l + LANES, ... (coalesced).
//           CPU: one work-item per row, 16 elements at a time.
// Passes    GPU: one, then a tree reduction over the lanes.   CPU: 1. maximum  2. its first index
// Numerics  exact
// Traffic   T * V floats
// Twin      Sources/Compute/Sampling/Argmax.swift, Sources/CArithmetic/argmax.c
// Needs     lanes.h row_reductions.h
// Build     LANES=256

#ifdef CPU_DEVICE

KERNEL(1) argmax_rows(const GLOBAL float *RESTRICT x, GLOBAL int *RESTRICT indices, int width) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  Lane maximum = -INFINITY;
  for (int v = 0; v < width; v += STRIDE)
    maximum = fmax(maximum, load_lane_or(from, v, width, -INFINITY));
  const float found = largest(maximum, 0);
  int v = 0;
  while (v + STRIDE <= width && !any(vload16(0, from + v) == found)) v += STRIDE;
  while (v < width && from[v] != found) v++;
  indices[row] = v < width ? v : 0;
}

#else

KERNEL(LANES) argmax_rows(const GLOBAL float *RESTRICT x, GLOBAL int *RESTRICT indices,
                          int width) {
  LOCAL float best[LANES];
  LOCAL int index[LANES];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  float found = -INFINITY;
  int at = width;
  for (int v = lane; v < width; v += LANES) {
    if (from[v] > found || (at == width && from[v] == found)) {
      found = from[v];
      at = v;
    }
  }
  best[lane] = found;
  index[lane] = at;
  BARRIER();
  for (int offset = LANES / 2; offset > 0; offset /= 2) {
    if (lane < offset) {
      const float other = best[lane + offset];
      const int there = index[lane + offset];
      if (other > best[lane] || (other == best[lane] && there < index[lane])) {
        best[lane] = other;
        index[lane] = there;
      }
    }
    BARRIER();
  }
  if (lane == 0) indices[row] = index[0] < width ? index[0] : 0;
}

#endif
