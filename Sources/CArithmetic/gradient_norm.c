#include "gradient_norm.h"
#include "wide.h"

enum { BLOCK = 4096 };

WIDE void gradient_norm(ptrdiff_t count, const float *gradient, float limit, float *norm,
                        float *factor) {
  SUMS_IN_ANY_ORDER
  double total = 0;
  for (ptrdiff_t start = 0; start < count; start += BLOCK) {
    const ptrdiff_t end = count - start < BLOCK ? count : start + BLOCK;
    float squares = 0;
    for (ptrdiff_t i = start; i < end; i++) squares += gradient[i] * gradient[i];
    total += (double)squares;
  }
  const float length = square_root((float)total);
  const float ratio = limit / (length + 1e-6f);
  *norm = length;
  *factor = ratio < 1.0f ? ratio : 1.0f;
}
