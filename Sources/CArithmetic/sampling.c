#include "sampling.h"
#include "wide.h"

enum { BLOCK = 512 };

INLINE float sum_of(const float *weights, ptrdiff_t count) {
  SUMS_IN_ANY_ORDER
  float sum = 0;
  for (ptrdiff_t i = 0; i < count; i++) sum += weights[i];
  return sum;
}

INLINE ptrdiff_t block_length(ptrdiff_t start, ptrdiff_t width) {
  return width - start < BLOCK ? width - start : BLOCK;
}

WIDE void sample_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *probabilities,
                      const float *uniforms, int32_t *tokens) {
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *p = probabilities + row * width;
    double total = 0;
    for (ptrdiff_t start = 0; start < width; start += BLOCK)
      total += (double)sum_of(p + start, block_length(start, width));
    // Find the block that contains the target, then the token in it. If rounding moves the target
    // past the end, the last block and the last token with a probability above 0 are taken.
    double rest = (double)uniforms[row] * total, target = rest;
    ptrdiff_t block = 0;
    for (ptrdiff_t start = 0; start < width; start += BLOCK) {
      const double sum = (double)sum_of(p + start, block_length(start, width));
      if (sum > 0) {
        block = start;
        target = rest;
        if (rest < sum) break;
        rest -= sum;
      }
    }
    const ptrdiff_t count = block_length(block, width);
    ptrdiff_t token = block;
    for (ptrdiff_t i = 0; i < count && target >= 0; i++) {
      target -= (double)p[block + i];
      if (p[block + i] > 0) token = block + i;
    }
    tokens[row] = (int32_t)token;
  }
}
