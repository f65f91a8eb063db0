#include "layer_norm.h"
#include "wide.h"

WIDE void layer_norm_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *x,
                             const float *weight, const float *bias, float epsilon, float *y,
                             float *mean, float *scale) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = x + row * width;
    float *restrict to = y + row * width;
    float sum = 0;
    for (ptrdiff_t e = 0; e < width; e++) sum += from[e];
    const float m = sum / (float)width;
    float squares = 0;
    for (ptrdiff_t e = 0; e < width; e++) squares += (from[e] - m) * (from[e] - m);
    const float s = 1.0f / square_root(squares / (float)width + epsilon);
    for (ptrdiff_t e = 0; e < width; e++) to[e] = (from[e] - m) * s * weight[e] + bias[e];
    mean[row] = m;
    scale[row] = s;
  }
}

WIDE void layer_norm_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *d_y,
                              const float *x, const float *weight, const float *mean,
                              const float *scale, bool accumulate, float *d_x) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = x + row * width;
    const float *restrict gradient = d_y + row * width;
    float *restrict to = d_x + row * width;
    const float m = mean[row];
    const float s = scale[row];
    float sum = 0, products = 0;
    for (ptrdiff_t e = 0; e < width; e++) {
      const float g = gradient[e] * weight[e];
      sum += g;
      products += g * (from[e] - m);
    }
    const float shift = sum / (float)width;
    const float correction = s * s * products / (float)width;
    for (ptrdiff_t e = 0; e < width; e++) {
      const float d = s * (gradient[e] * weight[e] - shift - (from[e] - m) * correction);
      to[e] = accumulate ? to[e] + d : d;
    }
  }
}
