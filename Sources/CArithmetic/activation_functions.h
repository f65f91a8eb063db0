// Scalar activation functions for the loops of activation.c. `kind` is a constant there, so each
// loop contains one function and vectorises.
#pragma once
#include "activation.h"
#include "wide.h"

/// 1 / (1 + e^-x).
INLINE float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

/// The standard normal distribution function and its density, phi(x) = e^(-x^2 / 2) / sqrt(2 pi).
typedef struct Normal {
  float cumulative, density;
} Normal;

/// With a = |x| and t = 1 / (1 + 0.2125 a), the tail is e^(-a^2 / 2) t P(t), a substitution as in
/// Abramowitz and Stegun 7.1.26. P has degree 8 and was fitted by reweighted least squares for
/// minimal relative error on 0 <= a <= 14 (2.2e-8). In f32 the relative error is below 1e-6 for
/// x > -5, where 1 + erf loses half of its digits.
INLINE Normal normal(float x) {
  const float t = 1.0f / (1.0f + 0.2125f * __builtin_fabsf(x));
  const float e = exponential(-0.5f * x * x);
  float p = -0.0635038392f;
  p = p * t + 0.235632286f;
  p = p * t - 0.243347746f;
  p = p * t + 0.260953617f;
  p = p * t - 0.0394375624f;
  p = p * t + 0.104544029f;
  p = p * t + 0.0750012087f;
  p = p * t + 0.0854120138f;
  p = p * t + 0.0847459821f;
  const float tail = e * t * p;
  return (Normal){x < 0 ? tail : 1.0f - tail, 0.398942280f * e};
}

/// sqrt(2 / pi) and the cubic coefficient of GELU's tanh form (Hendrycks and Gimpel 2016,
/// arXiv:1606.08415).
#define GELU_SLOPE 0.797884561f
#define GELU_CUBIC 0.044715f

/// activation(x). GELU's tanh form is x * sigmoid(2 u), since (1 + tanh u) / 2 = sigmoid(2 u).
INLINE float activated(float x, int kind) {
  switch (kind) {
  case ACTIVATION_SILU: return x * sigmoid(x);
  case ACTIVATION_GELU_TANH:
    return x * sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
  case ACTIVATION_GELU: return x * normal(x).cumulative;
  default: return x > 0 ? x : 0;
  }
}

/// The derivative of the activation at x.
INLINE float activation_slope(float x, int kind) {
  switch (kind) {
  case ACTIVATION_SILU: {
    const float s = sigmoid(x);
    return s + x * s * (1.0f - s);
  }
  case ACTIVATION_GELU_TANH: {
    const float s = sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
    return s + x * s * (1.0f - s) * (2.0f * GELU_SLOPE * (1.0f + 3.0f * GELU_CUBIC * x * x));
  }
  case ACTIVATION_GELU: {
    const Normal n = normal(x);
    return n.cumulative + x * n.density;
  }
  default: return x > 0 ? 1.0f : 0.0f;
  }
}
