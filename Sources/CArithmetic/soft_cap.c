#include "soft_cap.h"
#include "wide.h"

/// tanh x by its series (Cephes' coefficients) below 0.625, else from e^-2|x|.
INLINE float hyperbolic_tangent(float x) {
  const float y = x * x;
  float series = -5.70498872745e-3f;
  series = series * y + 2.06390887954e-2f;
  series = series * y - 5.37397155531e-2f;
  series = series * y + 1.33314422036e-1f;
  series = series * y - 3.33332819422e-1f;
  series = series * y * x + x;
  const float size = __builtin_fabsf(x);
  const float w = exponential(-2.0f * size);
  const float bent = (1.0f - w) / (1.0f + w);
  return size < 0.625f ? series : __builtin_copysignf(bent, x);
}

WIDE void soft_cap(ptrdiff_t begin, ptrdiff_t end, float cap, float *logits) {
  const float inverse = 1.0f / cap;
  for (ptrdiff_t e = begin; e < end; e++) logits[e] = cap * hyperbolic_tangent(logits[e] * inverse);
}
