// Storage of frozen weights: conversion on load and decoding on use.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "weight_format.h"

/// Whether `store_weights` can convert to this format; the others are only read.
static inline bool weight_format_is_stored(int format) { return format <= WEIGHT_Q4_0; }

/// Converts rows begin ..< end of a matrix [rows, columns] from a file's format and layout to the
/// stored format. `source` may have any alignment; if `transposed` it is [columns, rows], of plain
/// elements. `target` is the first element of row `begin`. `columns` is a multiple of both formats'
/// blocks. Rounds to nearest even, blocks as gguf.quants does. False if a finite number, or a
/// block's scale, overflows the target's format, or a block holds NaN.
bool store_weights(const void *_Nonnull source, int source_format, bool transposed, ptrdiff_t rows,
                   ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, void *_Nonnull target,
                   int target_format);

/// Decodes `count` elements, whole blocks, to f32. `source` may have any alignment.
void widen_weights(const void *_Nonnull source, int format, ptrdiff_t count,
                   float *_Nonnull target);

/// Decodes elements first ..< first + count of `rows` rows, which begin `row_bytes` apart, to rows of
/// f32 that begin `stride` apart. Of formats with blocks, first and count are multiples of
/// WEIGHT_GROUP. `source` may have any alignment.
void widen_weight_rows(const void *_Nonnull source, int format, ptrdiff_t row_bytes, ptrdiff_t rows,
                       ptrdiff_t first, ptrdiff_t count, float *_Nonnull target, ptrdiff_t stride);

/// target[i] = scale * row rows[i] of `table` [*, width], for i in begin ..< end.
void gather_weights(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *_Nonnull table,
                    int format, const int *_Nonnull rows, float scale, float *_Nonnull target);
