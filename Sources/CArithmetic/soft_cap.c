#include "soft_cap.h"
#include "wide.h"

WIDE void soft_cap(ptrdiff_t begin, ptrdiff_t end, float cap, float *logits) {
  const float inverse = 1.0f / cap;
  for (ptrdiff_t e = begin; e < end; e++) logits[e] = cap * hyperbolic_tangent(logits[e] * inverse);
}
