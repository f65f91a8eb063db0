// divergence_terms.h - per-element terms of a divergence between p and q, from d = log p - log q, and
// of its gradient. Included after vocabulary_row.h.
//
// Each term is non-negative and of second order in d. If p and q nearly agree, an error in a
// log-sum-exp changes the sum by its square only, and there is no cancellation.
//
// Twin      Sources/CArithmetic/divergence_terms.h

// p d - p + q = p (d + e^-d - 1), whose sum is KL(p || q). Its series is used for small d, where
// the terms cancel.
DEVICE Lane kl_term(Lane p, Lane q, Lane d) {
  Lane series = d * (1.0f / 40320) - (1.0f / 5040);
  series = series * d + (1.0f / 720);
  series = series * d - (1.0f / 120);
  series = series * d + (1.0f / 24);
  series = series * d - (1.0f / 6);
  series = series * d + (1.0f / 2);
  return where_below(ABS(d), 0.5f, p * d * d * series, p * d - p + q);
}

// log(1 + w) for w in 0 ... 1, as 2 artanh(w / (2 + w)).
DEVICE Lane log_one_plus(Lane w) {
  const Lane z = w / (2.0f + w);
  const Lane y = z * z;
  Lane series = y * (1.0f / 13) + (1.0f / 11);
  series = series * y + (1.0f / 9);
  series = series * y + (1.0f / 7);
  series = series * y + (1.0f / 5);
  series = series * y + (1.0f / 3);
  return 2.0f * z * (series * y + 1.0f);
}

// log(q / m) with the mixture m = (p + q) / 2, from d and w = e^-|d|.
DEVICE Lane log_to_mixture(Lane d, Lane w) {
  return 0.69314718f - MAX(d, 0.0f) - log_one_plus(w);
}

// (p log(p / m) + q log(q / m)) / 2 = (p + q) / 2 (x tanh x - log cosh x) with x = d / 2, from d
// and w = e^-|d|.
DEVICE Lane jensen_shannon_term(Lane p, Lane q, Lane d, Lane w) {
  const Lane y = 0.25f * d * d;
  Lane series = y * (31.0f / 1575) - (17.0f / 360);
  series = series * y + (1.0f / 9);
  series = series * y - (1.0f / 4);
  series = (series * y + (1.0f / 2)) * y;
  const Lane size = ABS(d);
  const Lane direct = 0.69314718f - log_one_plus(w) - size * w / (1.0f + w);
  return 0.5f * (p + q) * where_below(size, 0.5f, series, direct);
}

// Backward through the soft cap: gradient with respect to z, given soft-capped logits c tanh(z / c)
// in `capped`.
DEVICE Lane through_soft_cap(Lane gradient, Lane capped, float inverse_soft_cap) {
  const Lane ratio = capped * inverse_soft_cap;
  return gradient * (1.0f - ratio * ratio);
}
