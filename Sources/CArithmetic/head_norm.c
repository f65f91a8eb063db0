#include "head_norm.h"
#include "wide.h"

/// Mean (0 if the norm is not centred) and scale of a head.
INLINE void head_statistics(HeadNorm shape, const float *head, float *mean, float *scale) {
  SUMS_IN_ANY_ORDER
  const float width = (float)shape.width;
  float sum = 0;
  if (shape.centred)
    for (ptrdiff_t e = 0; e < shape.width; e++) sum += head[e];
  const float m = sum / width;
  float squares = 0;
  for (ptrdiff_t e = 0; e < shape.width; e++) squares += (head[e] - m) * (head[e] - m);
  *mean = m;
  *scale = 1.0f / square_root(squares / width + shape.epsilon);
}

WIDE void head_norm_forward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *x,
                            float *kept) {
  for (ptrdiff_t row = begin; row < end; row++)
    for (ptrdiff_t h = 0; h < shape.heads; h++) {
      float *restrict head = x + row * shape.stride + shape.first + h * shape.width;
      float *restrict before = kept + (row * shape.heads + h) * shape.width;
      const float *restrict weight = shape.weight + h * shape.width;
      float m, s;
      head_statistics(shape, head, &m, &s);
      for (ptrdiff_t e = 0; e < shape.width; e++) {
        before[e] = head[e];
        head[e] = (head[e] - m) * s * weight[e];
      }
    }
}

WIDE void head_norm_backward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *d_y,
                             const float *kept) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t row = begin; row < end; row++)
    for (ptrdiff_t h = 0; h < shape.heads; h++) {
      float *restrict gradient = d_y + row * shape.stride + shape.first + h * shape.width;
      const float *restrict before = kept + (row * shape.heads + h) * shape.width;
      const float *restrict weight = shape.weight + h * shape.width;
      float m, s;
      head_statistics(shape, before, &m, &s);
      float sum = 0, products = 0;
      for (ptrdiff_t e = 0; e < shape.width; e++) {
        const float g = gradient[e] * weight[e];
        sum += g;
        products += g * (before[e] - m);
      }
      const float shift = shape.centred ? sum / (float)shape.width : 0;
      const float correction = s * s * products / (float)shape.width;
      for (ptrdiff_t e = 0; e < shape.width; e++)
        gradient[e] = s * (gradient[e] * weight[e] - shift - (before[e] - m) * correction);
    }
}
