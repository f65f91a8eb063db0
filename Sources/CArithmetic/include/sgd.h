// One step of SGD with momentum; formulas in Kernels/sgd.cl.
#pragma once
#include <stddef.h>

/// Updates elements begin ..< end of the parameters and of their velocity by gradient *
/// *gradient_scale.
void sgd_update(ptrdiff_t begin, ptrdiff_t end, float learning_rate, float momentum,
                float weight_decay, const float *_Nonnull gradient,
                const float *_Nonnull gradient_scale, float *_Nonnull parameters,
                float *_Nonnull velocity);
