// Vectorisation of the row arithmetic: plain loops over floats, vectorised by the compiler.
//
// A function marked WIDE is compiled for AVX-512, for AVX2 and for the compiler's default; the
// loader selects one when the program starts, so one binary runs on every processor. Functions
// called in its loops are INLINE and take scalars, so that they are compiled for the same target.
// SUMS_IN_ANY_ORDER at the start of a function allows vectorised sums. Their order is fixed at
// compile time, so results are bit-identical from run to run.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDE
#endif
#define INLINE static inline __attribute__((always_inline))
#define SUMS_IN_ANY_ORDER _Pragma("clang fp reassociate(on) contract(fast)")

/// e^x within 2 ulp: 2^n times a polynomial of degree 6 on [-ln 2 / 2, ln 2 / 2] (Cephes'
/// coefficients). The result is 1e-38 below -87.3 and 1.7e38 above 88; NaN stays NaN.
INLINE float exponential(float x) {
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.0f ? 88.0f : x;
  // 1.5 * 2^23: the low bits hold the rounded n
  const float shifted = x * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/// The square root; unlike sqrtf it sets no errno, so it vectorises.
INLINE float square_root(float x) { return __builtin_elementwise_sqrt(x); }

/// tanh with a relative error of 2e-7: near 0 an odd polynomial of degree 11 (Cephes'
/// coefficients), elsewhere
/// 1 - 2 / (e^2|x| + 1) with the sign of x.
INLINE float hyperbolic_tangent(float x) {
  const float a = __builtin_fabsf(x);
  const float far = 1.0f - 2.0f / (exponential(2.0f * a) + 1.0f);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = x + x * z * p;
  return a < 0.625f ? near : __builtin_copysignf(far, x);
}

/// The largest of `count` numbers. NaN are skipped; -inf if there is no other number.
INLINE float largest_of(const float *x, ptrdiff_t count) {
  float lanes[32];
  for (int lane = 0; lane < 32; lane++) lanes[lane] = -__builtin_inff();
  ptrdiff_t i = 0;
  for (; i + 32 <= count; i += 32)
    for (int lane = 0; lane < 32; lane++)
      lanes[lane] = x[i + lane] > lanes[lane] ? x[i + lane] : lanes[lane];
  for (; i < count; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  float largest = lanes[0];
  for (int lane = 1; lane < 32; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
  return largest;
}
