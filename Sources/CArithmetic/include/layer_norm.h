// LayerNorm by rows; formulas in Kernels/layer_norm.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// y[t], mean[t] and scale[t] for rows begin ..< end of x [T, width].
void layer_norm_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull x,
                        const float *_Nonnull weight, const float *_Nonnull bias, float epsilon,
                        float *_Nonnull y, float *_Nonnull mean, float *_Nonnull scale);

/// d_x[t] for rows begin ..< end, added to d_x if `accumulate`.
void layer_norm_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                         const float *_Nonnull d_y, const float *_Nonnull x,
                         const float *_Nonnull weight, const float *_Nonnull mean,
                         const float *_Nonnull scale, bool accumulate, float *_Nonnull d_x);
