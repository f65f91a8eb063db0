// lanes.h - row loops and row reductions for both kinds of device.
//
// A Lane is what one work-item loads at a time. On a GPU it is one float, and the LANES work-items
// of a work-group share a row. On a device of CPU type it is 16 floats, and one work-item has the
// row to itself (LANES is 1). A row loop is
//     for (int e = FIRST; e < width; e += STRIDE) {
//       Lane x = load_or_zero(row, e, width);
//       store_lane(x, to, e, width);
//     }
// GPU accesses are coalesced. Elements past the end of the row load as a given value and are not
// stored.
//
// total and largest reduce over the whole row. All work-items of a work-group (LANES a power of
// two) must call them, with a LOCAL array of LANES floats; all get the result. The reduction tree
// is fixed: lane l takes in lane l + offset, for offsets LANES / 2, ..., 2, 1. On CUDA each warp
// computes the whole tree: the offsets from 32 on over what it reads from local memory, the others
// by shuffles, in which both lanes of a pair compute the same sum. Two barriers instead of
// log2(LANES) + 2, none for LANES 32, and the bits of the tree in local memory, which LOCAL_TREE=1
// selects.

#ifdef CPU_DEVICE

typedef float16 Lane;
#define FIRST 0
#define STRIDE 16

DEVICE Lane load_lane_or(const GLOBAL float *row, int e, int width, float past_the_end) {
  if (e + 16 <= width) return vload16(0, row + e);
  float rest[16];
  for (int i = 0; i < 16; i++) rest[i] = e + i < width ? row[e + i] : past_the_end;
  return vload16(0, rest);
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int e, int width) {
  if (e + 16 <= width) {
    vstore16(x, 0, row + e);
    return;
  }
  float rest[16];
  vstore16(x, 0, rest);
  for (int i = 0; e + i < width; i++) row[e + i] = rest[i];
}

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

// e^x, as exponential() in Sources/CArithmetic/wide.h; PoCL's exp is scalar. The result is 1e-38
// below -87.3 and 1.7e38 above 88.
DEVICE Lane exponential(Lane x) {
  x = x < -87.3f ? (Lane)-87.3f : x;
  x = x > 88.0f ? (Lane)88.0f : x;
  // 1.5 * 2^23: the low bits hold the rounded n
  const Lane shifted = x * 1.44269504f + 12582912.0f;
  const Lane n = shifted - 12582912.0f;
  const Lane r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Lane p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * as_float16((as_uint16(shifted) + 127u) << 23);
}

#else

typedef float Lane;
#define FIRST LOCAL_ID
#define STRIDE LANES

DEVICE Lane load_lane_or(const GLOBAL float *row, int e, int width, float past_the_end) {
  return e < width ? row[e] : past_the_end;
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int e, int width) {
  if (e < width) row[e] = x;
}

#if SHUFFLE_REDUCTIONS

// parts[i] is the value of lane i * WARP + l, for a lane whose number in its warp is l.
DEVICE void gather_warps(Lane x, float *parts, LOCAL_ARG float *partial) {
#if LANES > WARP
  const int lane = LOCAL_ID % WARP;
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
  gather_warps(x, parts, partial);
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
  gather_warps(x, parts, partial);
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
  partial[lane] = x;
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
  partial[lane] = x;
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

DEVICE Lane exponential(Lane x) { return EXP(x); }

#endif

DEVICE Lane load_or_zero(const GLOBAL float *row, int e, int width) {
  return load_lane_or(row, e, width, 0.0f);
}
