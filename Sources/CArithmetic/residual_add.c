#include "residual_add.h"
#include "wide.h"

WIDE void add_elements(ptrdiff_t begin, ptrdiff_t end, const float *x, float *y) {
  const float *restrict from = x;
  float *restrict to = y;
  for (ptrdiff_t i = begin; i < end; i++) to[i] += from[i];
}

WIDE void scale_elements(ptrdiff_t begin, ptrdiff_t end, float factor, float *y) {
  for (ptrdiff_t i = begin; i < end; i++) y[i] *= factor;
}

WIDE void add_position_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *table,
                            const int32_t *positions, float *y) {
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = table + positions[row] * width;
    float *restrict to = y + row * width;
    for (ptrdiff_t e = 0; e < width; e++) to[e] += from[e];
  }
}
