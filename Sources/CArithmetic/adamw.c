#include "adamw.h"
#include "wide.h"

WIDE void adamw_update(ptrdiff_t begin, ptrdiff_t end, AdamWStep step,
                       const float *gradient, const float *gradient_scale, float *parameters,
                       float *first_moment, float *second_moment) {
  const float scale = *gradient_scale;
  const float *restrict from = gradient;
  float *restrict p = parameters;
  float *restrict m = first_moment;
  float *restrict v = second_moment;
  for (ptrdiff_t i = begin; i < end; i++) {
    const float g = from[i] * scale;
    const float first = m[i] + (g - m[i]) * step.one_minus_beta1;
    const float second = step.beta2 * v[i] + step.one_minus_beta2 * g * g;
    m[i] = first;
    v[i] = second;
    p[i] = p[i] * step.decay -
           step.step_size * first / (square_root(second) * step.second_correction + step.epsilon);
  }
}
