// lanes.h - one text for kernels that go along a row, on both types of device.
//
// A Lane holds what a work-item reads at once: one float on a GPU, where the LANES work-items of a work-group share a
// row, and 16 on a device of CPU type, where one work-item has the row to itself (LANES is 1). A loop over a row reads
//     for (int e = FIRST; e < width; e += STRIDE) { Lane x = load_or_zero(row, e, width); ... store_lane(y, row, e, width); }
// so that a GPU's reads are coalesced. What lies past the end of the row reads as the number that is named, and is not
// written.
//
// total and largest are over the whole row: all work-items of a work-group (LANES a power of two) call them together, with
// a LOCAL array of LANES floats, and all get the result. The tree's order is fixed, so runs repeat bit for bit.

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

// e^x as exponential() of Sources/CArithmetic/wide.h: PoCL's own goes through the elements one by one. Below -87.3 it is
// 1e-38, above 88 it is 1.7e38.
DEVICE Lane exponential(Lane x) {
  x = x < -87.3f ? (Lane)-87.3f : x;
  x = x > 88.0f ? (Lane)88.0f : x;
  const Lane shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: the low bits hold the rounded n
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

DEVICE float total(Lane x, LOCAL_ARG float *partial) {
  const int lane = LOCAL_ID;
  partial[lane] = x;
  BARRIER();
  for (int reach = LANES / 2; reach > 0; reach /= 2) {
    if (lane < reach) partial[lane] += partial[lane + reach];
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
  for (int reach = LANES / 2; reach > 0; reach /= 2) {
    if (lane < reach) partial[lane] = MAX(partial[lane], partial[lane + reach]);
    BARRIER();
  }
  const float maximum = partial[0];
  BARRIER();
  return maximum;
}

DEVICE Lane exponential(Lane x) { return EXP(x); }

#endif

DEVICE Lane load_or_zero(const GLOBAL float *row, int e, int width) {
  return load_lane_or(row, e, width, 0.0f);
}
