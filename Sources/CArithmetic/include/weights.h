// Storage of frozen weights: conversion on load and widening on use.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Element types of weights; the numbers are those of Kernels/dialect.h.
enum { WEIGHT_F32 = 0, WEIGHT_BF16 = 1, WEIGHT_F16 = 2 };

/// Converts rows begin ..< end of a matrix [rows, columns] from a file's type and layout to the
/// stored type. `source` may have any alignment; if `transposed` it is [columns, rows]. `target` is
/// the first element of row `begin`. Rounds to nearest even. False if a finite number overflows the
/// target's type.
bool store_weights(const void *_Nonnull source, int source_type, bool transposed, ptrdiff_t rows,
                   ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, void *_Nonnull target,
                   int target_type);

/// Widens `count` elements to f32. `source` may have any alignment.
void widen_weights(const void *_Nonnull source, int type, ptrdiff_t count, float *_Nonnull target);

/// target[i] = scale * row rows[i] of `table` [*, width], for i in begin ..< end.
void gather_weights(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *_Nonnull table,
                    int type, const int *_Nonnull rows, float scale, float *_Nonnull target);
