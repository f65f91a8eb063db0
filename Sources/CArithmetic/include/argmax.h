// The index of the largest element of a row; Kernels/argmax.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// indices[t] = the lowest index of the largest of x[t], for rows begin ..< end of x [T, width].
void argmax_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull x,
                 int32_t *_Nonnull indices);
