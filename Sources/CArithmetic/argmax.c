#include "argmax.h"
#include "wide.h"
#include <stdbool.h>

enum { BLOCK = 64 };

/// Whether one of BLOCK numbers equals `value`.
INLINE bool holds(const float *x, float value) {
  int equal = 0;
  for (int i = 0; i < BLOCK; i++) equal |= x[i] == value;
  return equal;
}

WIDE void argmax_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *x,
                      int32_t *places) {
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *from = x + row * width;
    const float largest = largest_of(from, width);
    ptrdiff_t place = 0;
    while (place + BLOCK <= width && !holds(from + place, largest)) place += BLOCK;
    while (place < width && from[place] != largest) place++;
    places[row] = place < width ? (int32_t)place : 0;  // 0 in a row of NaN
  }
}
