// lanes.h - row loops for both kinds of device.
//
// A Lane is what one work-item loads at a time. On a GPU it is one float, or with QUADS=1 four
// neighbours, and the LANES work-items of a work-group share a row. On a device of CPU type it is 16
// floats, and one work-item has the row to itself (LANES is 1). A row loop is
//     for (int e = FIRST; e < width; e += STRIDE) {
//       Lane x = load_or_zero(row, e, width);
//       store_lane(x, to, e, width);
//     }
// GPU accesses are coalesced. Elements past the end of the row load as a given value and are not
// stored. With QUADS=1 rows begin at a multiple of 16 bytes and have a multiple of 4 elements.
// Element e is in the Lane of work-item e / LANE_WIDTH % LANES.

#ifdef CPU_DEVICE

typedef float16 Lane;
#define LANE_WIDTH 16
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

// The elements of `below` where those of x are below a bound, else those of `otherwise`.
DEVICE Lane where_below(Lane x, float bound, Lane below, Lane otherwise) {
  return x < bound ? below : otherwise;
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

#elif QUADS

#if defined(__CUDACC_RTC__) || defined(__CUDA__)
// With the arithmetic of OpenCL's float4: by element, a float standing for four.
struct Lane : float4 {
  Lane() = default;
  __device__ __forceinline__ Lane(float4 quad) : float4(quad) {}
  __device__ __forceinline__ Lane(float each) : float4(make_float4(each, each, each, each)) {}
};
#define LANE_OPERATOR(OP)                                                       \
  DEVICE Lane operator OP(Lane a, Lane b) {                                     \
    return make_float4(a.x OP b.x, a.y OP b.y, a.z OP b.z, a.w OP b.w);         \
  }                                                                             \
  DEVICE Lane &operator OP##=(Lane &a, Lane b) { return a = a OP b; }
LANE_OPERATOR(+)
LANE_OPERATOR(-)
LANE_OPERATOR(*)
LANE_OPERATOR(/)
DEVICE Lane operator-(Lane a) { return make_float4(-a.x, -a.y, -a.z, -a.w); }
DEVICE Lane fabsf(Lane x) { return make_float4(ABS(x.x), ABS(x.y), ABS(x.z), ABS(x.w)); }
DEVICE Lane fmaxf(Lane a, Lane b) {
  return make_float4(MAX(a.x, b.x), MAX(a.y, b.y), MAX(a.z, b.z), MAX(a.w, b.w));
}
#else
typedef float4 Lane;
#endif
#define LANE_WIDTH 4
#define FIRST (4 * LOCAL_ID)
#define STRIDE (4 * LANES)

DEVICE Lane load_lane_or(const GLOBAL float *row, int e, int width, float past_the_end) {
  if (e >= width) return (Lane)past_the_end;
  return *(const GLOBAL float4 *)(row + e);
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int e, int width) {
  if (e < width) *(GLOBAL float4 *)(row + e) = x;
}

DEVICE Lane where_below(Lane x, float bound, Lane below, Lane otherwise) {
  return make_float4(x.x < bound ? below.x : otherwise.x, x.y < bound ? below.y : otherwise.y,
                     x.z < bound ? below.z : otherwise.z, x.w < bound ? below.w : otherwise.w);
}

// By element: PoCL's exp of a vector has other last digits than that of a float.
DEVICE Lane exponential(Lane x) { return make_float4(EXP(x.x), EXP(x.y), EXP(x.z), EXP(x.w)); }

#else

typedef float Lane;
#define LANE_WIDTH 1
#define FIRST LOCAL_ID
#define STRIDE LANES

DEVICE Lane load_lane_or(const GLOBAL float *row, int e, int width, float past_the_end) {
  return e < width ? row[e] : past_the_end;
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int e, int width) {
  if (e < width) row[e] = x;
}

DEVICE Lane where_below(Lane x, float bound, Lane below, Lane otherwise) {
  return x < bound ? below : otherwise;
}

DEVICE Lane exponential(Lane x) { return EXP(x); }

#endif

DEVICE Lane load_or_zero(const GLOBAL float *row, int e, int width) {
  return load_lane_or(row, e, width, 0.0f);
}
