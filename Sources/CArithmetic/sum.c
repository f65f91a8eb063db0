#include "sum.h"
#include "row_sums.h"

INLINE float block_sum(const float *values, ptrdiff_t count) {
  SUMS_IN_ANY_ORDER
  float sum = 0;
  for (ptrdiff_t e = 0; e < count; e++) sum += values[e];
  return sum;
}

WIDE float sum_values(ptrdiff_t count, const float *values) {
  float sum = 0;
  for (ptrdiff_t e = 0; e < count; e += BLOCK) sum += block_sum(values + e, block_count(count, e));
  return sum;
}
