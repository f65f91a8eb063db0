// The norm of a gradient and its clip factor; Kernels/gradient_norm.cl.
#pragma once
#include <stddef.h>

/// *norm = |gradient|_2 and *factor = min(1, limit / (norm + 1e-6)).
void gradient_norm(ptrdiff_t count, const float *_Nonnull gradient, float limit,
                   float *_Nonnull norm, float *_Nonnull factor);
