#include "product.h"

#include "wide.h"

WIDE void begin_product(ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end,
                        const float *bias, bool accumulate, float *y) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float *restrict to = y + row * stride;
    if (accumulate && bias)
      for (ptrdiff_t column = begin; column < end; column++) to[column] += bias[column];
    else if (bias)
      for (ptrdiff_t column = begin; column < end; column++) to[column] = bias[column];
    else if (!accumulate)
      for (ptrdiff_t column = begin; column < end; column++) to[column] = 0;
  }
}
