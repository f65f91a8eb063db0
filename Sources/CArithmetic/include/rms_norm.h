// RMSNorm by rows; formulas in Kernels/rms_norm.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// y[t] and scale[t] for rows begin ..< end of x [T, width].
void rms_norm_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull x,
                      const float *_Nonnull weight, float epsilon, float *_Nonnull y,
                      float *_Nonnull scale);

/// d_x[t] for rows begin ..< end, added to d_x if `accumulate`.
void rms_norm_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull d_y,
                       const float *_Nonnull x, const float *_Nonnull weight,
                       const float *_Nonnull scale, bool accumulate, float *_Nonnull d_x);
