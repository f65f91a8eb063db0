#include "sampling.h"
#include "wide.h"

enum { BLOCK = 512 };

/// The weights e^((x - largest) * scale) of up to BLOCK logits, and their sum. Weights that
/// underflow are 0.
INLINE float weigh(const float *x, ptrdiff_t count, float largest, float scale, float *weights) {
  SUMS_IN_ANY_ORDER
  float sum = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const float exponent = (x[i] - largest) * scale;
    weights[i] = exponent < -87.0f ? 0 : exponential(exponent);
    sum += weights[i];
  }
  return sum;
}

INLINE ptrdiff_t block_length(ptrdiff_t start, ptrdiff_t width) {
  return width - start < BLOCK ? width - start : BLOCK;
}

WIDE void sample_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *logits,
                      float temperature, const float *uniforms, int32_t *tokens) {
  const float scale = 1.0f / temperature;
  float weights[BLOCK];
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *x = logits + row * width;
    const float largest = largest_of(x, width);
    double total = 0;
    for (ptrdiff_t start = 0; start < width; start += BLOCK)
      total += (double)weigh(x + start, block_length(start, width), largest, scale, weights);
    // Find the block that contains the target, then the token in it. If rounding moves the target
    // past the end, the last block and the last token with a weight above 0 are taken.
    double rest = (double)uniforms[row] * total, target = rest;
    ptrdiff_t block = 0;
    for (ptrdiff_t start = 0; start < width; start += BLOCK) {
      const double sum =
          (double)weigh(x + start, block_length(start, width), largest, scale, weights);
      if (sum > 0) {
        block = start;
        target = rest;
        if (rest < sum) break;
        rest -= sum;
      }
    }
    const ptrdiff_t count = block_length(block, width);
    weigh(x + block, count, largest, scale, weights);
    ptrdiff_t token = block;
    for (ptrdiff_t i = 0; i < count && target >= 0; i++) {
      target -= (double)weights[i];
      if (weights[i] > 0) token = block + i;
    }
    tokens[row] = (int32_t)token;
  }
}
