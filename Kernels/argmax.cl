// argmax.cl - the place of the largest element of a row.
//
//     places[t] = the lowest v with x[t,v] = max_v x[t,v]; 0 in a row of NaN
//
//     x        [T, V]  read
//     places   [T]     write
//
// Mapping   GPU: one work-group of LANES a row; lane l visits v = l, l + LANES, ... (coalesced).
//           CPU: one work-item a row, 16 elements at a time.
// Passes    GPU: one, then a tree over the lanes.   CPU: 1. maximum  2. where it first stands
// Numerics  exact
// Traffic   T * V floats
// Twin      Sources/Compute/Sampling/Argmax.swift, Sources/CArithmetic/argmax.c
// Needs     lanes.h
// Build     LANES=256

#ifdef CPU_DEVICE

KERNEL(1) argmax_rows(const GLOBAL float *RESTRICT x, GLOBAL int *RESTRICT places, int width) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  Lane maximum = -INFINITY;
  for (int v = 0; v < width; v += STRIDE)
    maximum = fmax(maximum, load_lane_or(from, v, width, -INFINITY));
  const float found = largest(maximum, 0);
  int v = 0;
  while (v + STRIDE <= width && !any(vload16(0, from + v) == found)) v += STRIDE;
  while (v < width && from[v] != found) v++;
  places[row] = v < width ? v : 0;
}

#else

KERNEL(LANES) argmax_rows(const GLOBAL float *RESTRICT x, GLOBAL int *RESTRICT places,
                          int width) {
  LOCAL float best[LANES];
  LOCAL int place[LANES];
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
  place[lane] = at;
  BARRIER();
  for (int reach = LANES / 2; reach > 0; reach /= 2) {
    if (lane < reach) {
      const float other = best[lane + reach];
      const int there = place[lane + reach];
      if (other > best[lane] || (other == best[lane] && there < place[lane])) {
        best[lane] = other;
        place[lane] = there;
      }
    }
    BARRIER();
  }
  if (lane == 0) places[row] = place[0] < width ? place[0] : 0;
}

#endif
