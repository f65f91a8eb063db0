#include "agreement.h"
#include "row_sums.h"

WIDE void agreement(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *logits,
                    const int32_t *chosen, const int32_t *row_indices, float *agreements) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const float *z = logits + r * width;
    const ptrdiff_t k = chosen[row_indices[r]];
    const float before = largest_of(z, k);
    const float behind = largest_of(z + k + 1, width - k - 1);
    agreements[r] = before < z[k] && behind <= z[k] ? 1.0f : 0.0f;
  }
}
