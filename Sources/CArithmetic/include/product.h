// The CPU path's products y = x W^T + bias and dX = dY W; formulas in Kernels/product.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One product in either direction: y [rows, width] from x [rows, depth], summed over `depth`.
typedef struct Product {
  const float *_Nonnull x;
  /// W [N, K] row by row, at any address; forward width = N and depth = K, backward the other way round.
  const void *_Nonnull weight;
  /// [width], or NULL.
  const float *_Nullable bias;
  /// What the sums are added to, laid out as y, which it may be; or NULL.
  const float *_Nullable addend;
  float *_Nonnull y;
  ptrdiff_t rows, width, depth;
  /// One of WEIGHT_F32, WEIGHT_BF16, WEIGHT_F16.
  int element;
  bool backward;
  /// NULL, or x as `round_pairs` leaves it, read in place of x: weights are bf16, and the processor has dot products
  /// of them.
  const uint32_t *_Nullable pairs;
} Product;

enum {
  /// Columns of y that one panel of weights makes.
  PRODUCT_PANEL_COLUMNS = 64,
  /// Bytes of a panel, to begin at a multiple of 64.
  PRODUCT_PANEL_BYTES = 1 << 18,
};

/// Whether this processor has the vectors that `product_tiles` is written for (AVX-512).
bool product_has_tiles(void);

/// Whether this processor has dot products of bf16 pairs (AVX512-BF16), which `pairs` asks for.
bool product_has_bfloat16_dots(void);

/// Words of a row of `depth` summands in pairs.
static inline ptrdiff_t pair_count(ptrdiff_t depth) { return (depth + 1) / 2; }

/// Rows begin ..< end of x [*, depth] to bf16, to nearest even, two summands to a word and 0 behind the last: pairs
/// [*, pair_count(depth)].
void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, const float *_Nonnull x,
                 uint32_t *_Nonnull pairs);

/// Elements begin ..< end of x to the numbers that `round_pairs` makes of them, as f32.
void round_values(ptrdiff_t begin, ptrdiff_t end, float *_Nonnull x);

/// Rows row_begin ..< row_end, columns column_begin ..< column_end of a product. column_begin is a multiple of
/// PRODUCT_PANEL_COLUMNS. `panel` is scratch of the calling thread.
void product_tiles(const Product *_Nonnull product, ptrdiff_t row_begin, ptrdiff_t row_end,
                   ptrdiff_t column_begin, ptrdiff_t column_end, void *_Nonnull panel);

enum {
  /// Up to so many rows, and from so many summands on, `product_few_rows` is the faster of the two: it adds up 16 partial sums
  /// in the end.
  PRODUCT_FEW_ROWS = 64,
  PRODUCT_FEW_ROWS_DEPTH = 128,
};

/// All rows, columns column_begin ..< column_end of a forward product in f32; where `product_has_tiles`. A sum is made in the same
/// order whatever the count of rows.
void product_few_rows(const Product *_Nonnull product, ptrdiff_t column_begin,
                      ptrdiff_t column_end);

/// Columns begin ..< end of y [rows, stride] as a product that adds to them expects them: the sum of `bias` and `addend`, either
/// of which may be NULL.
void begin_product(ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end,
                   const float *_Nullable bias, const float *_Nullable addend, float *_Nonnull y);
