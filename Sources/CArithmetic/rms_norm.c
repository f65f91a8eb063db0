#include "rms_norm.h"
#include "wide.h"

WIDE void rms_norm_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *x,
                           const float *weight, float epsilon, float *y, float *scale) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = x + row * width;
    float *restrict to = y + row * width;
    float squares = 0;
    for (ptrdiff_t e = 0; e < width; e++) squares += from[e] * from[e];
    const float s = 1.0f / square_root(squares / (float)width + epsilon);
    for (ptrdiff_t e = 0; e < width; e++) to[e] = from[e] * s * weight[e];
    scale[row] = s;
  }
}

WIDE void rms_norm_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *d_y,
                            const float *x, const float *weight, const float *scale,
                            bool accumulate, float *d_x) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = x + row * width;
    const float *restrict gradient = d_y + row * width;
    float *restrict to = d_x + row * width;
    const float s = scale[row];
    float products = 0;
    for (ptrdiff_t e = 0; e < width; e++) products += gradient[e] * weight[e] * from[e];
    const float correction = s * s * products / (float)width;
    if (accumulate)
      for (ptrdiff_t e = 0; e < width; e++)
        to[e] += s * (gradient[e] * weight[e] - from[e] * correction);
    else
      for (ptrdiff_t e = 0; e < width; e++)
        to[e] = s * (gradient[e] * weight[e] - from[e] * correction);
  }
}
