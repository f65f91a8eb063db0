#include "argmax.h"
#include "wide.h"
#include <stdbool.h>

enum { BLOCK = 64 };

/// Whether one of BLOCK elements equals `value`.
INLINE bool holds(const float *x, float value) {
  int equal = 0;
  for (int i = 0; i < BLOCK; i++) equal |= x[i] == value;
  return equal;
}

WIDE void argmax_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *x,
                      int32_t *indices) {
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *from = x + row * width;
    const float largest = largest_of(from, width);
    ptrdiff_t index = 0;
    while (index + BLOCK <= width && !holds(from + index, largest)) index += BLOCK;
    while (index < width && from[index] != largest) index++;
    indices[row] = index < width ? (int32_t)index : 0;  // 0 in a row of NaN
  }
}
