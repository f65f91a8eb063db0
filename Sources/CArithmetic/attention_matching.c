#include "attention_matching.h"
#include "wide.h"

WIDE void attention_weights(ptrdiff_t rows, ptrdiff_t width, const float *log_sum_exp,
                            float *scores, float *mass, float *squares) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *z = scores + r * width;
    const float whole = log_sum_exp[r];
    float sum = 0;
    for (ptrdiff_t e = 0; e < width; e++) {
      const float exponent = z[e] - whole;
      const float weight = exponent < -87.0f ? 0 : exponential(exponent);
      z[e] = weight;
      sum += weight;
      squares[e] += weight * weight;
    }
    mass[r] = sum;
  }
}
