// GEMM of the CPU path: y = x W^T + bias and dX = dY W; formulas in Kernels/matmul.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One matrix multiplication in either direction: y [rows, width] from x [rows, inner], summed over
/// `inner`.
typedef struct Matmul {
  const float *_Nonnull x;
  /// W [N, K] row by row, at any address; forward width = N and inner = K, backward width = K and
  /// inner = N.
  const void *_Nonnull weight;
  /// [width], or NULL.
  const float *_Nullable bias;
  /// Added to the result; laid out as y, may be y; or NULL.
  const float *_Nullable addend;
  float *_Nonnull y;
  ptrdiff_t rows, width, inner;
  /// Elements from row to row of x, and of y and addend: at least `inner` and `width`.
  ptrdiff_t x_stride, y_stride;
  /// The format of W (weight_format.h).
  int element;
  bool backward;
  /// NULL, or the output of `round_pairs` on x, read instead of x. Requires bf16 weights and
  /// `processor_has_bfloat16_dots`.
  const uint32_t *_Nullable pairs;
  /// Of the register tiles, if not `pairs`: INSTRUCTIONS_AVX2 or INSTRUCTIONS_AVX512.
  int instructions;
} Matmul;

enum {
  /// Columns of y per packed panel.
  MATMUL_PANEL_COLUMNS = 64,
  /// Bytes of a packed panel, or of widened weights, which is aligned to 64 bytes.
  MATMUL_PANEL_BYTES = 1 << 18,
};

/// K pairs of a row of `inner` elements.
static inline ptrdiff_t pair_count(ptrdiff_t inner) { return (inner + 1) / 2; }

/// Rounds rows begin ..< end of x [*, inner] to bf16, to nearest even, as K pairs [*,
/// pair_count(inner)]; an odd row is padded with 0.
void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t inner, const float *_Nonnull x,
                 uint32_t *_Nonnull pairs);

/// Rounds elements begin ..< end of x as `round_pairs` does; the result stays f32.
void round_values(ptrdiff_t begin, ptrdiff_t end, float *_Nonnull x);

/// Rows row_begin ..< row_end, columns column_begin ..< column_end of y. column_begin is a multiple
/// of MATMUL_PANEL_COLUMNS. `panel` is workspace of the calling thread.
void matmul_tiles(const Matmul *_Nonnull matmul, ptrdiff_t row_begin, ptrdiff_t row_end,
                  ptrdiff_t column_begin, ptrdiff_t column_end, void *_Nonnull panel);

enum {
  /// `matmul_few_rows` is the faster variant up to this many rows, and from this inner dimension
  /// on: it reduces the lanes of its sums at the end.
  MATMUL_FEW_ROWS = 64,
  MATMUL_FEW_ROWS_INNER = 128,
};

/// All rows, columns column_begin ..< column_end of y, forward in f32. The summation order does not
/// depend on the row count. `panel` is workspace of the calling thread.
void matmul_few_rows(const Matmul *_Nonnull matmul, ptrdiff_t column_begin, ptrdiff_t column_end,
                     void *_Nonnull panel);

/// Initialises columns begin ..< end of y [rows, stride] for a GEMM that accumulates: `bias` plus
/// `addend`, either of which may be NULL.
void begin_matmul(ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end,
                  const float *_Nullable bias, const float *_Nullable addend, float *_Nonnull y);
