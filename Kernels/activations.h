// activations.h - the activation function that a program is built with, and its derivative.
//
// Stands before the files that name it under "Needs". ACTIVATION is one of these numbers (Activation.swift, and
// Sources/CArithmetic/include/activation.h for the CPU path):
#define ACTIVATION_SILU 0       // x * sigmoid(x)
#define ACTIVATION_GELU_TANH 1  // x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 (arXiv:1606.08415)
#define ACTIVATION_GELU 2       // x * Phi(x), with Phi the standard normal distribution function
#define ACTIVATION_RELU 3       // max(x, 0)

// sqrt(2 / pi), and the cubic's factor, of GELU's tanh form. (1 + tanh u) / 2 = sigmoid(2 u).
#define GELU_SLOPE 0.797884561f
#define GELU_CUBIC 0.044715f

DEVICE float sigmoid(float x) { return 1.0f / (1.0f + EXP(-x)); }

// Phi(x) through the complement, which keeps its digits where x is far below 0.
DEVICE float normal_cumulative(float x) { return 0.5f * ERFC(-0.707106781f * x); }

DEVICE float activated(float x) {
#if ACTIVATION == ACTIVATION_SILU
  return x * sigmoid(x);
#elif ACTIVATION == ACTIVATION_GELU_TANH
  return x * sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
#elif ACTIVATION == ACTIVATION_GELU
  return x * normal_cumulative(x);
#else
  return MAX(x, 0.0f);
#endif
}

DEVICE float activation_slope(float x) {
#if ACTIVATION == ACTIVATION_SILU
  const float s = sigmoid(x);
  return s + x * s * (1.0f - s);
#elif ACTIVATION == ACTIVATION_GELU_TANH
  const float s = sigmoid(2.0f * GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
  return s + x * s * (1.0f - s) * (2.0f * GELU_SLOPE * (1.0f + 3.0f * GELU_CUBIC * x * x));
#elif ACTIVATION == ACTIVATION_GELU
  return normal_cumulative(x) + x * 0.398942280f * EXP(-0.5f * x * x);
#else
  return x > 0.0f ? 1.0f : 0.0f;
#endif
}
