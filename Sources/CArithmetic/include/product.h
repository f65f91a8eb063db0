// The CPU path's own parts of the products y = x W^T + bias and dX = dY W; formulas in Kernels/product.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Columns begin ..< end of y [rows, stride] as a product that adds to them expects them: `bias`, or 0 where it is NULL; on
/// top of what y holds where `accumulate`.
void begin_product(ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end,
                   const float *_Nullable bias, bool accumulate, float *_Nonnull y);
