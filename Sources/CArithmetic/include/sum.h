// Sum of an array; Kernels/sum.cl.
#pragma once
#include <stddef.h>

/// The sum of `count` values.
float sum_values(ptrdiff_t count, const float *_Nonnull values);
