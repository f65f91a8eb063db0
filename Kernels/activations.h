// activations.h - activation functions and their derivatives.
//
// Included after lanes.h by the files that name it under "Needs". An `activation` is one of these,
// the same for all work-items (Activation.swift and, for the CPU path,
// Sources/CArithmetic/include/activation.h):
#define ACTIVATION_SILU 0       // x * sigmoid(x)
#define ACTIVATION_GELU_TANH 1  // x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2
#define ACTIVATION_GELU 2       // x * Phi(x), with Phi the standard normal distribution function
#define ACTIVATION_RELU 3       // max(x, 0)

// sqrt(2 / pi), and the cubic's factor, of GELU's tanh form. (1 + tanh u) / 2 = sigmoid(2 u).
#define GELU_SLOPE 0.797884561f
#define GELU_CUBIC 0.044715f

DEVICE Lane sigmoid(Lane x) { return 1.0f / (1.0f + exponential(-x)); }

// Phi(x) from its tail, as normal() in Sources/CArithmetic/activation_functions.h, which derives
// the coefficients. It keeps its relative accuracy for x far below 0 and vectorises; PoCL's erfc is
// scalar.
DEVICE Lane normal_cumulative(Lane x) {
  const Lane t = 1.0f / (1.0f + 0.2125f * ABS(x));
  Lane p = t * -0.0635038392f + 0.235632286f;
  p = p * t - 0.243347746f;
  p = p * t + 0.260953617f;
  p = p * t - 0.0394375624f;
  p = p * t + 0.104544029f;
  p = p * t + 0.0750012087f;
  p = p * t + 0.0854120138f;
  p = p * t + 0.0847459821f;
  const Lane tail = exponential(-0.5f * x * x) * t * p;
  return where_below(x, 0.0f, tail, 1.0f - tail);
}

DEVICE Lane activated(Lane x, int activation) {
  if (activation == ACTIVATION_SILU) return x * sigmoid(x);
  if (activation == ACTIVATION_GELU_TANH)
    return x * sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
  if (activation == ACTIVATION_GELU) return x * normal_cumulative(x);
  return MAX(x, 0.0f);
}

DEVICE Lane activation_slope(Lane x, int activation) {
  if (activation == ACTIVATION_SILU) {
    const Lane s = sigmoid(x);
    return s + x * s * (1.0f - s);
  }
  if (activation == ACTIVATION_GELU_TANH) {
    const Lane s = sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
    return s + x * s * (1.0f - s) * (2.0f * GELU_SLOPE * (1.0f + 3.0f * GELU_CUBIC * x * x));
  }
  if (activation == ACTIVATION_GELU)
    return normal_cumulative(x) + x * 0.398942280f * exponential(-0.5f * x * x);
  return where_below(-x, 0.0f, (Lane)1.0f, (Lane)0.0f);
}
