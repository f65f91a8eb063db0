// Additions to the residual stream; Kernels/residual_add.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// y[i] += x[i] for i in begin ..< end.
void add_elements(ptrdiff_t begin, ptrdiff_t end, const float *_Nonnull x, float *_Nonnull y);

/// y[i] *= factor for i in begin ..< end.
void scale_elements(ptrdiff_t begin, ptrdiff_t end, float factor, float *_Nonnull y);

/// y[t] += table[positions[t]] for rows begin ..< end of `width` floats.
void add_position_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                       const float *_Nonnull table, const int32_t *_Nonnull positions,
                       float *_Nonnull y);
