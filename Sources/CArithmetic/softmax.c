#include "softmax.h"
#include "row_sums.h"

WIDE void softmax(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *logits,
                  float inverse_temperature) {
  for (ptrdiff_t r = begin; r < end; r++) {
    float *z = logits + r * width;
    const RowSum row = row_sum(z, width, inverse_temperature);
    const float factor = 1.0f / row.sum;
    for (ptrdiff_t e = 0; e < width; e++) {
      const float exponent = (z[e] - row.maximum) * inverse_temperature;
      z[e] = exponent < -87.0f ? 0 : exponential(exponent) * factor;
    }
  }
}
