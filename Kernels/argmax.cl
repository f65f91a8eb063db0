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
// Twin      Sources/Compute/Operations/Argmax.swift, Sources/CArithmetic/argmax.c
// Needs     reductions.h
// Build     LANES=256

#ifdef CPU_DEVICE

KERNEL(1) argmax_rows(const GLOBAL float *RESTRICT x, GLOBAL int *RESTRICT places, int width) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const int wide = width & ~15;
  float16 largest16 = -INFINITY;
  for (int v = 0; v < wide; v += 16) largest16 = fmax(largest16, vload16(0, from + v));
  float largest = max16(largest16);
  for (int v = wide; v < width; v++) largest = MAX(largest, from[v]);
  int v = 0;
  while (v < wide && !any(vload16(0, from + v) == largest)) v += 16;
  while (v < width && from[v] != largest) v++;
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
  float largest = -INFINITY;
  int at = width;
  for (int v = lane; v < width; v += LANES) {
    if (from[v] > largest || (at == width && from[v] == largest)) {
      largest = from[v];
      at = v;
    }
  }
  best[lane] = largest;
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
