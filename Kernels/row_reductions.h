// row_reductions.h - sums and maxima over the rows of lanes.h, which is included before.
//
// total and largest reduce over the whole row. All work-items of a work-group (LANES a power of
// two) must call them, with a LOCAL array of LANES floats; all get the result.
//
// The order is fixed: first the elements of a Lane, of four as (x + y) + (z + w); then the tree in
// which lane l takes in lane l + offset, for offsets LANES / 2, ..., 2, 1. Another Lane has other
// elements in a lane, and so other last digits: with QUADS=1 sums are not those of QUADS=0.
//
// Where lanes exchange registers (a warp of CUDA, a sub-group of OpenCL with SUB_GROUP), each WARP
// computes the whole tree: the offsets from WARP on over what it reads from local memory, the others
// by shuffles, in which both lanes of a pair compute the same sum. Two barriers instead of
// log2(LANES) + 2, none for LANES of WARP, and the bits of the tree in local memory, which
// LOCAL_TREE=1 selects by CUDA. (LANES of WARP takes the lanes of a sub-group as the driver numbers
// them, which are the work-items in their order on what it has run on.)

#ifdef CPU_DEVICE

DEVICE float total(Lane x, LOCAL_ARG float *partial) {
  (void)partial;
  const float8 a = x.lo + x.hi;
  const float4 b = a.lo + a.hi;
  return (b.x + b.y) + (b.z + b.w);
}

DEVICE float largest(Lane x, LOCAL_ARG float *partial) {
  (void)partial;
  const float8 a = fmax(x.lo, x.hi);
  const float4 b = fmax(a.lo, a.hi);
  return fmax(fmax(b.x, b.y), fmax(b.z, b.w));
}

#else

#if QUADS
DEVICE float lane_total(Lane x) { return (x.x + x.y) + (x.z + x.w); }
DEVICE float lane_largest(Lane x) { return MAX(MAX(x.x, x.y), MAX(x.z, x.w)); }
#else
DEVICE float lane_total(Lane x) { return x; }
DEVICE float lane_largest(Lane x) { return x; }
#endif

#if SHUFFLE_REDUCTIONS && LANES % WARP == 0

// parts[i] is the value of lane i * WARP + l, for a lane whose number in its warp is l.
DEVICE void gather_warps(float x, float *parts, LOCAL_ARG float *partial) {
#if LANES > WARP
  const int lane = WARP_LANE;
  partial[LOCAL_ID] = x;
  BARRIER();
#pragma unroll
  for (int i = 0; i < LANES / WARP; i++) parts[i] = partial[i * WARP + lane];
  BARRIER();
#else
  (void)partial;
  parts[0] = x;
#endif
}

DEVICE float total(Lane x, LOCAL_ARG float *partial) {
  float parts[LANES / WARP];
  gather_warps(lane_total(x), parts, partial);
#pragma unroll
  for (int offset = LANES / WARP / 2; offset > 0; offset /= 2)
#pragma unroll
    for (int i = 0; i < offset; i++) parts[i] += parts[i + offset];
  float sum = parts[0];
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2) sum += SHUFFLE_XOR(sum, offset);
  return sum;
}

DEVICE float largest(Lane x, LOCAL_ARG float *partial) {
  float parts[LANES / WARP];
  gather_warps(lane_largest(x), parts, partial);
#pragma unroll
  for (int offset = LANES / WARP / 2; offset > 0; offset /= 2)
#pragma unroll
    for (int i = 0; i < offset; i++) parts[i] = MAX(parts[i], parts[i + offset]);
  float maximum = parts[0];
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2)
    maximum = MAX(maximum, SHUFFLE_XOR(maximum, offset));
  return maximum;
}

#else

DEVICE float total(Lane x, LOCAL_ARG float *partial) {
  const int lane = LOCAL_ID;
  partial[lane] = lane_total(x);
  BARRIER();
  for (int offset = LANES / 2; offset > 0; offset /= 2) {
    if (lane < offset) partial[lane] += partial[lane + offset];
    BARRIER();
  }
  const float sum = partial[0];
  BARRIER();
  return sum;
}

DEVICE float largest(Lane x, LOCAL_ARG float *partial) {
  const int lane = LOCAL_ID;
  partial[lane] = lane_largest(x);
  BARRIER();
  for (int offset = LANES / 2; offset > 0; offset /= 2) {
    if (lane < offset) partial[lane] = MAX(partial[lane], partial[lane + offset]);
    BARRIER();
  }
  const float maximum = partial[0];
  BARRIER();
  return maximum;
}

#endif

#endif
