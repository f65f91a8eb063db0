#include "activation.h"
#include "activation_functions.h"

/// Expands BODY(kind) with a constant kind.
#define FOR_KIND(activation, BODY)                                      \
  switch (activation) {                                                 \
  case ACTIVATION_SILU: BODY(ACTIVATION_SILU); break;                   \
  case ACTIVATION_GELU_TANH: BODY(ACTIVATION_GELU_TANH); break;         \
  case ACTIVATION_GELU: BODY(ACTIVATION_GELU); break;                   \
  default: BODY(ACTIVATION_RELU); break;                                \
  }

WIDE void activation_forward(ptrdiff_t begin, ptrdiff_t end, int activation, const float *x,
                             float *y) {
  SUMS_IN_ANY_ORDER
  const float *restrict from = x;
  float *restrict to = y;
#define BODY(kind) \
  for (ptrdiff_t i = begin; i < end; i++) to[i] = activated(from[i], kind)
  FOR_KIND(activation, BODY)
#undef BODY
}

WIDE void activation_backward(ptrdiff_t begin, ptrdiff_t end, int activation, const float *d_y,
                              float *x) {
  SUMS_IN_ANY_ORDER
  const float *restrict gradient = d_y;
  float *restrict at = x;
#define BODY(kind) \
  for (ptrdiff_t i = begin; i < end; i++) at[i] = gradient[i] * activation_slope(at[i], kind)
  FOR_KIND(activation, BODY)
#undef BODY
}

WIDE void swiglu_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, int activation,
                         const float *gate_up, float *hidden) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict gate = gate_up + 2 * row * width;
    const float *restrict up = gate + width;
    float *restrict to = hidden + row * width;
#define BODY(kind) \
  for (ptrdiff_t f = 0; f < width; f++) to[f] = activated(gate[f], kind) * up[f]
    FOR_KIND(activation, BODY)
#undef BODY
  }
}

WIDE void swiglu_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, int activation,
                          const float *d_hidden, float *gate_up) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict gradient = d_hidden + row * width;
    float *restrict gate = gate_up + 2 * row * width;
    float *restrict up = gate + width;
#define BODY(kind)                                                   \
  for (ptrdiff_t f = 0; f < width; f++) {                            \
    const float g = gate[f];                                         \
    gate[f] = gradient[f] * up[f] * activation_slope(g, kind);       \
    up[f] = gradient[f] * activated(g, kind);                        \
  }
    FOR_KIND(activation, BODY)
#undef BODY
  }
}
