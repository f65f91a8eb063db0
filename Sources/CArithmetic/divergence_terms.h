// Per-element terms of a divergence between p = softmax(a) and q = softmax(b), from d = log p - log
// q, and of its gradient.
//
// Each term is non-negative and of second order in d. If p and q nearly agree, an error in a
// log-sum-exp changes the sum by its square only, and there is no cancellation.
#pragma once
#include "wide.h"

/// p d - p + q = p (d + e^-d - 1), whose sum is KL(p || q). Its series is used for small d, where
/// the terms cancel.
INLINE float kl_term(float p, float q, float d) {
  float series = 1.0f / 40320;
  series = series * d - 1.0f / 5040;
  series = series * d + 1.0f / 720;
  series = series * d - 1.0f / 120;
  series = series * d + 1.0f / 24;
  series = series * d - 1.0f / 6;
  series = series * d + 1.0f / 2;
  return __builtin_fabsf(d) < 0.5f ? p * d * d * series : p * d - p + q;
}

/// log(1 + w) for w in 0 ... 1, as 2 artanh(w / (2 + w)).
INLINE float log_one_plus(float w) {
  const float z = w / (2.0f + w);
  const float y = z * z;
  float series = 1.0f / 13;
  series = series * y + 1.0f / 11;
  series = series * y + 1.0f / 9;
  series = series * y + 1.0f / 7;
  series = series * y + 1.0f / 5;
  series = series * y + 1.0f / 3;
  return 2.0f * z * (series * y + 1.0f);
}

/// log(q / m) with the mixture m = (p + q) / 2, from d and w = e^-|d|.
INLINE float log_to_mixture(float d, float w) {
  return 0.69314718f - (d > 0.0f ? d : 0.0f) - log_one_plus(w);
}

/// (p log(p / m) + q log(q / m)) / 2 = (p + q) / 2 (x tanh x - log cosh x) with x = d / 2, from d
/// and w = e^-|d|.
INLINE float jensen_shannon_term(float p, float q, float d, float w) {
  const float y = 0.25f * d * d;
  float series = 31.0f / 1575;
  series = series * y - 17.0f / 360;
  series = series * y + 1.0f / 9;
  series = series * y - 1.0f / 4;
  series = (series * y + 1.0f / 2) * y;
  const float size = __builtin_fabsf(d);
  const float direct = 0.69314718f - log_one_plus(w) - size * w / (1.0f + w);
  return 0.5f * (p + q) * (size < 0.5f ? series : direct);
}

/// Backward through the soft cap: gradient with respect to z, given soft-capped logits c tanh(z /
/// c) in `capped`.
INLINE float through_soft_cap(float gradient, float capped, float inverse_soft_cap) {
  const float ratio = capped * inverse_soft_cap;
  return gradient * (1.0f - ratio * ratio);
}
