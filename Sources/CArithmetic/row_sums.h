// Log-sum-exp of a row in one pass over memory. A block stays in L1: it is read for its maximum,
// then for its sum. The running sum is rescaled when the maximum grows (Milakov and Gimelshein
// 2018, arXiv:1805.02867). Summing by blocks also keeps the rounding error over a whole vocabulary
// small.
#pragma once
#include "wide.h"

enum { BLOCK = 2048 };

/// maximum = max x, sum = sum of e^((x - maximum) / temperature).
typedef struct RowSum {
  float maximum, sum;
} RowSum;

/// Elements of the block that starts at `first` of `width`.
INLINE ptrdiff_t block_count(ptrdiff_t width, ptrdiff_t first) {
  return width - first < BLOCK ? width - first : BLOCK;
}

static const RowSum no_elements = {-__FLT_MAX__, 0};

/// The running sum, updated by a block of at most BLOCK elements.
INLINE RowSum including_block(RowSum state, const float *x, ptrdiff_t count,
                              float inverse_temperature) {
  SUMS_IN_ANY_ORDER
  const float found = largest_of(x, count);
  const float maximum = found > state.maximum ? found : state.maximum;
  float sum = 0;
  for (ptrdiff_t e = 0; e < count; e++) sum += exponential((x[e] - maximum) * inverse_temperature);
  const float kept = state.sum * exponential((state.maximum - maximum) * inverse_temperature);
  return (RowSum){maximum, kept + sum};
}

/// The sum over a whole row.
INLINE RowSum row_sum(const float *x, ptrdiff_t count, float inverse_temperature) {
  RowSum state = no_elements;
  for (ptrdiff_t e = 0; e < count; e += BLOCK)
    state = including_block(state, x + e, block_count(count, e), inverse_temperature);
  return state;
}
