// Gathers and scatters rows by row index; Kernels/row_gather.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// target[r] = source[rows[r]] for r in begin ..< end; rows hold `width` floats.
void gather_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull source,
                 const int32_t *_Nonnull rows, float *_Nonnull target);

/// target[rows[r]] = source[r], or += if `accumulate`, for r in begin ..< end; `rows` are distinct.
void scatter_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull source,
                  const int32_t *_Nonnull rows, bool accumulate, float *_Nonnull target);
