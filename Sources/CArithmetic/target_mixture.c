#include "target_mixture.h"
#include "row_sums.h"

WIDE void target_mixture(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const int32_t *targets,
                         const int32_t *row_indices, float *logits, float temperature,
                         float log_odds) {
  for (ptrdiff_t r = begin; r < end; r++) {
    float *t = logits + r * width;
    const ptrdiff_t y = targets[row_indices[r]];
    const RowSum row = row_sum(t, width, 1.0f / temperature);
    const float own = t[y] / temperature;
    const float added = row.maximum / temperature + __builtin_logf(row.sum) + log_odds;
    const float largest = own > added ? own : added;
    const float sum = __builtin_expf(own - largest) + __builtin_expf(added - largest);
    t[y] = temperature * (largest + __builtin_logf(sum));
  }
}
