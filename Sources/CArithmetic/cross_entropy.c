#include "cross_entropy.h"
#include "divergence_terms.h"
#include "row_sums.h"

INLINE float loss_of(float target, RowSum row, float inverse_temperature) {
  return __builtin_logf(row.sum) - (target - row.maximum) * inverse_temperature;
}

WIDE void cross_entropy(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const int32_t *targets,
                        const int32_t *row_indices, float *logits, CrossEntropyTerms terms,
                        float *losses) {
  for (ptrdiff_t r = begin; r < end; r++) {
    float *s = logits + r * width;
    const ptrdiff_t y = targets[row_indices[r]];
    const float target = s[y], ratio = target * terms.inverse_soft_cap;
    const RowSum row = row_sum(s, width, terms.inverse_temperature);
    const float factor = terms.gradient_factor / row.sum;
    for (ptrdiff_t e = 0; e < width; e++) {
      const float gradient =
          factor * exponential((s[e] - row.maximum) * terms.inverse_temperature);
      s[e] = through_soft_cap(gradient, s[e], terms.inverse_soft_cap);
    }
    s[y] -= terms.gradient_factor * (1.0f - ratio * ratio);
    losses[r] = loss_of(target, row, terms.inverse_temperature);
  }
}

WIDE void cross_entropy_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                             const int32_t *targets, const int32_t *row_indices,
                             const float *logits, float inverse_temperature, float *losses) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const float *s = logits + r * width;
    const RowSum row = row_sum(s, width, inverse_temperature);
    losses[r] = loss_of(s[targets[row_indices[r]]], row, inverse_temperature);
  }
}
