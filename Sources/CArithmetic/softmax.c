#include "softmax.h"
#include "row_sums.h"

WIDE void softmax(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *logits,
                  float inverse_temperature) {
  for (ptrdiff_t r = begin; r < end; r++) {
    float *z = logits + r * width;
    const RowSum row = row_sum(z, width, inverse_temperature);
    const float factor = 1.0f / row.sum;
    for (ptrdiff_t e = 0; e < width; e++)
      z[e] = exponential((z[e] - row.maximum) * inverse_temperature) * factor;
  }
}

WIDE void log_sum_exp(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *logits,
                      float inverse_temperature, float *log_sums) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const RowSum row = row_sum(logits + r * width, width, inverse_temperature);
    log_sums[r] = row.maximum * inverse_temperature + __builtin_logf(row.sum);
  }
}
