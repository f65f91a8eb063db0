#include "matmul.h"

#include "wide.h"

WIDE void begin_matmul(ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end,
                        const float *bias, const float *addend, float *y) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float *to = y + row * stride;
    const float *from = addend + (addend ? row * stride : 0);
    if (addend && bias)
      for (ptrdiff_t column = begin; column < end; column++)
        to[column] = from[column] + bias[column];
    else if (addend && addend != y)
      for (ptrdiff_t column = begin; column < end; column++) to[column] = from[column];
    else if (bias)
      for (ptrdiff_t column = begin; column < end; column++) to[column] = bias[column];
    else if (!addend)
      for (ptrdiff_t column = begin; column < end; column++) to[column] = 0;
  }
}
