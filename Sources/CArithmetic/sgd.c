#include "sgd.h"
#include "wide.h"

WIDE void sgd_update(ptrdiff_t begin, ptrdiff_t end, float learning_rate, float momentum,
                     float weight_decay, const float *gradient, const float *gradient_scale,
                     float *parameters, float *velocity) {
  const float scale = *gradient_scale;
  const float *restrict from = gradient;
  float *restrict p = parameters;
  float *restrict v = velocity;
  for (ptrdiff_t i = begin; i < end; i++) {
    v[i] = momentum * v[i] + (from[i] * scale + weight_decay * p[i]);
    p[i] -= learning_rate * v[i];
  }
}
