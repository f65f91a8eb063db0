// Storage of frozen weights: narrowing when they are loaded, widening where they are read.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Element types of weights; the numbers are those of Kernels/dialect.h.
enum { WEIGHT_F32 = 0, WEIGHT_BF16 = 1, WEIGHT_F16 = 2 };

/// Rows begin ..< end of a matrix [rows, columns], from the type and layout of its file to those of storage. `source` may
/// begin at any byte; where `transposed` it is stored as [columns, rows]. `target` is the first element of row
/// `begin`. Rounds to nearest even. False where a finite number left the range of the target's type.
bool store_weights(const void *_Nonnull source, int source_type, bool transposed, ptrdiff_t rows,
                   ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, void *_Nonnull target,
                   int target_type);

/// `count` elements as f32. `source` may begin at any byte.
void widen_weights(const void *_Nonnull source, int type, ptrdiff_t count, float *_Nonnull target);

/// target[i] = scale * row rows[i] of `table` [*, width], for i in begin ..< end.
void gather_weights(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *_Nonnull table,
                    int type, const int *_Nonnull rows, float scale, float *_Nonnull target);
