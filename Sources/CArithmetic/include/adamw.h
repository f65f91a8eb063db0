// One step of AdamW; formulas in Kernels/adamw.cl.
#pragma once
#include <stddef.h>

/// Factors of one AdamW step; the caller computes them in Double.
typedef struct AdamWStep {
  float decay;              // 1 - learning rate * weight decay
  float one_minus_beta1;
  float beta2;
  float one_minus_beta2;
  float step_size;          // learning rate / (1 - beta1^t)
  float second_correction;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
} AdamWStep;

/// Updates elements begin ..< end of the parameters and of both moments by gradient *
/// *gradient_scale.
void adamw_update(ptrdiff_t begin, ptrdiff_t end, AdamWStep step,
                  const float *_Nonnull gradient, const float *_Nonnull gradient_scale,
                  float *_Nonnull parameters, float *_Nonnull first_moment,
                  float *_Nonnull second_moment);
