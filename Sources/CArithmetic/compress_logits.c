#include "compress_logits.h"
#include "half.h"
#include "row_sums.h"

WIDE void compress_logits(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *logits,
                          uint16_t *compressed) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const float *z = logits + r * width;
    uint16_t *to = compressed + r * width;
    const float maximum = largest_of(z, width);
    for (ptrdiff_t e = 0; e < width; e++) {
      const float shifted = z[e] - maximum;
      to[e] = narrow_half(shifted < -65504.0f ? -65504.0f : shifted);
    }
  }
}
