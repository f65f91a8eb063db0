// Template for a vector type: forward GEMM with few rows. Dot products of rows of W with rows of x,
// both contiguous along K. With so few rows, packing would cost more than it saves; a handful of
// rows take little longer than reading the weights.
//
//            a vector of K elements at a time    4 rows of W by FEW_ROWS of x, or 8 by
//                                                FEW_ROWS_OF_8
//      x    [ . . . . . . . . ]
//      W    [ . . . . . . . . ]                  sums[w][x] += W[w] * x[x], VECTOR partial sums
//                                                each, reduced at the end
//
// Prefetches go to L2: L1 holds the current rows.
//
// The summation order does not depend on the number of rows. With few rows, a generated answer is
// bit-identical whatever is generated beside it.
#pragma once
#include "register_tile.h"

/// Four numbers, or the first alone.
INLINE __m128 load_four(const float *from, const bool whole) {
  return whole ? _mm_loadu_ps(from) : _mm_load_ss(from);
}

/// `columns` rows of W, from column `column` of y.
typedef struct WeightRows {
  const char *first;
  ptrdiff_t row_bytes;
  ptrdiff_t column;
} WeightRows;

/// The columns of y of some rows of W, in `rows` rows from row `row`; `columns` is 1, 4 or 8.
/// `ahead` prefetches the weights of the next columns.
INLINE void few_rows_block(const Matmul *matmul, WeightRows weights, const int element,
                           const int columns, const int rows, ptrdiff_t row, const bool ahead) {
  const ptrdiff_t inner = matmul->inner;
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = weights.row_bytes;
  const ptrdiff_t column = weights.column;
  const char *weight = weights.first;
  const ptrdiff_t x_stride = matmul->x_stride;
  const float *x = matmul->x + row * x_stride;
  Vector sums[8][5];
  for (int c = 0; c < (columns < 4 ? 4 : columns); c++)
    for (int r = 0; r < rows; r++) sums[c][r] = vector_zero();
  // One cache line of weights of each column at a time.
  const int vectors = 64 / VECTOR / (int)bytes;
  ptrdiff_t d = 0;
  for (; d + VECTOR * vectors <= inner; d += VECTOR * vectors)
    for (int v = 0; v < vectors; v++) {
      Vector factors[5];
      for (int r = 0; r < rows; r++) factors[r] = vector_load(x + r * x_stride + d + VECTOR * v);
      for (int c = 0; c < columns; c++) {
        const char *from = weight + c * row_bytes + (d + VECTOR * v) * bytes;
        if (ahead && v == 0) PREFETCH(from, columns * row_bytes, _MM_HINT_T1);
        const Vector w = load_weights(from, element, VECTOR);
        for (int r = 0; r < rows; r++) sums[c][r] = vector_multiply_add(w, factors[r], sums[c][r]);
      }
    }
  for (; d < inner; d += VECTOR) {
    const Lanes lanes = first_lanes(inner - d);
    for (int c = 0; c < columns; c++) {
      const Vector w = load_weights(weight + c * row_bytes + d * bytes, element, inner - d);
      for (int r = 0; r < rows; r++)
        sums[c][r] =
            vector_multiply_add(w, vector_load_lanes(lanes, x + r * x_stride + d), sums[c][r]);
    }
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t first = (row + r) * matmul->y_stride + column;
    float *y = matmul->y + first;
    for (int c = 0; c < columns; c += 4) {
      const bool whole = columns >= 4;
      __m128 sum = horizontal_sums(sums[c][r], sums[c + 1][r], sums[c + 2][r], sums[c + 3][r]);
      if (matmul->bias)
        sum = _mm_add_ps(sum, load_four(matmul->bias + column + c, whole));
      if (matmul->addend)
        sum = _mm_add_ps(load_four(matmul->addend + first + c, whole), sum);
      if (whole) _mm_storeu_ps(y + c, sum);
      else _mm_store_ss(y + c, sum);
    }
  }
}

/// Widens rows of W to f32, and prefetches as many behind them.
INLINE void widen_rows(WeightRows weights, const int element, const int columns, ptrdiff_t inner,
                       float *to) {
  const ptrdiff_t bytes = element_bytes(element);
  for (int c = 0; c < columns; c++) {
    const char *from = weights.first + c * weights.row_bytes;
    ptrdiff_t d = 0;
    for (; d + VECTOR <= inner; d += VECTOR) {
      if (d * bytes % 64 == 0) PREFETCH(from, columns * weights.row_bytes + d * bytes, _MM_HINT_T1);
      vector_store(to + c * inner + d, load_weights(from + d * bytes, element, VECTOR));
    }
    if (d < inner)
      vector_store_lanes(to + c * inner + d, first_lanes(inner - d),
                         load_weights(from + d * bytes, element, inner - d));
  }
}

/// All rows of some columns, up to `most` at a time.
INLINE void few_rows_blocks(const Matmul *matmul, WeightRows weights, const int element,
                            const int columns, const int most, ptrdiff_t blocks, bool ahead) {
  const ptrdiff_t rows = matmul->rows;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t row = i * rows / blocks;
    const ptrdiff_t count = (i + 1) * rows / blocks - row;
    // What exceeds `most` is never compiled.
    if (count == 1) few_rows_block(matmul, weights, element, columns, 1, row, ahead);
    else if (most >= 2 && count == 2)
      few_rows_block(matmul, weights, element, columns, 2, row, ahead);
    else if (most >= 3 && count == 3)
      few_rows_block(matmul, weights, element, columns, 3, row, ahead);
    else if (most >= 4 && count == 4)
      few_rows_block(matmul, weights, element, columns, 4, row, ahead);
    else if (most >= 5) few_rows_block(matmul, weights, element, columns, 5, row, ahead);
    ahead = false;
  }
}

/// All rows of `columns` columns. Weights that many blocks of rows read are widened once: the
/// result is the same.
INLINE void few_rows_columns(const Matmul *matmul, const int element, const int columns,
                             const int most, ptrdiff_t column, float *widened) {
  const ptrdiff_t row_bytes = matmul->inner * element_bytes(element);
  const ptrdiff_t blocks = (matmul->rows + most - 1) / most;
  const char *first = (const char *)matmul->weight + column * row_bytes;
  const WeightRows weights = {first, row_bytes, column};
  const ptrdiff_t wide_bytes = matmul->inner * 4;
  if (element != WEIGHT_F32 && blocks >= WIDENED_BLOCKS &&
      columns * wide_bytes <= MATMUL_PANEL_BYTES) {
    widen_rows(weights, element, columns, matmul->inner, widened);
    const WeightRows wide = {(const char *)widened, wide_bytes, column};
    few_rows_blocks(matmul, wide, WEIGHT_F32, columns, most, blocks, false);
  } else {
    few_rows_blocks(matmul, weights, element, columns, most, blocks, true);
  }
}

INLINE void few_rows_as(const Matmul *matmul, const int element, ptrdiff_t begin, ptrdiff_t end,
                        float *widened) {
  ptrdiff_t column = begin;
  if (matmul->rows <= FEW_ROWS_OF_8)
    for (; column + 8 <= end; column += 8)
      few_rows_columns(matmul, element, 8, FEW_ROWS_OF_8, column, widened);
  for (; column + 4 <= end; column += 4)
    few_rows_columns(matmul, element, 4, FEW_ROWS, column, widened);
  for (; column < end; column++) few_rows_columns(matmul, element, 1, FEW_ROWS, column, widened);
}

/// As few_rows_as, of weights in blocks: decodes a few columns at a time to f32, a block of K
/// elements that stays in L1 beside the rows of x.
INLINE void few_rows_of_blocks(const Matmul *matmul, ptrdiff_t begin, ptrdiff_t end) {
  enum { COLUMNS = 8, K = 512 };
  float decoded[COLUMNS * K];
  const ptrdiff_t row_bytes = weight_bytes(matmul->element, matmul->inner);
  for (ptrdiff_t column = begin; column < end; column += COLUMNS) {
    const ptrdiff_t columns = end - column < COLUMNS ? end - column : COLUMNS;
    Matmul part = *matmul;
    part.weight = decoded;
    part.element = WEIGHT_F32;
    part.y = matmul->y + column;
    part.bias = matmul->bias ? matmul->bias + column : NULL;
    part.addend = matmul->addend ? matmul->addend + column : NULL;
    for (ptrdiff_t d = 0; d < matmul->inner; d += K) {
      part.x = matmul->x + d;
      part.inner = matmul->inner - d < K ? matmul->inner - d : K;
      widen_weight_rows((const char *)matmul->weight + column * row_bytes, matmul->element,
                        row_bytes, columns, d, part.inner, decoded, part.inner);
      few_rows_as(&part, WEIGHT_F32, 0, columns, NULL);
      part.bias = NULL;
      part.addend = part.y;
    }
  }
}

VECTOR_TARGET static void few_rows(const Matmul *matmul, ptrdiff_t column_begin,
                                   ptrdiff_t column_end, void *panel) {
  switch (matmul->element) {
    case WEIGHT_F32: few_rows_as(matmul, WEIGHT_F32, column_begin, column_end, panel); break;
    case WEIGHT_BF16: few_rows_as(matmul, WEIGHT_BF16, column_begin, column_end, panel); break;
    case WEIGHT_F16: few_rows_as(matmul, WEIGHT_F16, column_begin, column_end, panel); break;
    default: few_rows_of_blocks(matmul, column_begin, column_end); break;
  }
}
