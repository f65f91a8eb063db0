#include "row_gather.h"
#include "wide.h"

void gather_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *source,
                 const int32_t *rows, float *target) {
  for (ptrdiff_t row = begin; row < end; row++)
    memcpy(target + row * width, source + rows[row] * width, (size_t)width * sizeof *source);
}

WIDE void scatter_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *source,
                       const int32_t *rows, bool accumulate, float *target) {
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *restrict from = source + row * width;
    float *restrict to = target + rows[row] * width;
    if (accumulate)
      for (ptrdiff_t e = 0; e < width; e++) to[e] += from[e];
    else
      memcpy(to, from, (size_t)width * sizeof *from);
  }
}
