// The sum of numbers; Kernels/sum.cl.
#pragma once
#include <stddef.h>

/// The sum of `count` numbers.
float sum_values(ptrdiff_t count, const float *_Nonnull values);
