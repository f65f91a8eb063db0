// Forward products of few rows on AVX-512: a row of W times each row of x, both along depth, as they lie in memory. Copying
// weights to a panel would cost more than so few rows make of it; up to eight rows take little longer than reading the weights.
//
//            16 summands at a time               4 rows of W by up to 5 of x, or 8 by up to 3
//      x    [ . . . . . . . . ]
//      W    [ . . . . . . . . ]                  sums[w][x] += W[w] * x[x], 16 partial sums each;
//                                                in the end the 16 become one
//
// The lines asked for ahead go to the second cache: the first holds the rows at hand.
//
// Each sum is made in one order, whatever the rows beside it: as long as they are few, an answer is the same to the last bit
// whatever else is generated.
#include "product_tiles.h"

#if PRODUCT_HAS_X86

#define INLINE TARGET_AVX512 static inline __attribute__((always_inline))

/// 16 weights as f32.
INLINE __m512 load_weights(const char *from, int element) {
  if (element == WEIGHT_F32) return _mm512_loadu_ps(from);
  const __m256i bits = _mm256_loadu_si256((const __m256i *)from);
  if (element == WEIGHT_F16) return _mm512_cvtph_ps(bits);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// The first of up to 16 weights as f32; what is masked is 0 and not read.
INLINE __m512 load_last_weights(const char *from, int element, __mmask16 lanes) {
  if (element == WEIGHT_F32) return _mm512_maskz_loadu_ps(lanes, from);
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, from);
  if (element == WEIGHT_F16) return _mm512_cvtph_ps(bits);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// The sums of the elements of four vectors.
INLINE __m128 add_up(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  // In each quarter: a b c d.
  const __m512 all = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
  const __m256 half = _mm256_add_ps(
      _mm512_castps512_ps256(all),
      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1)));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/// Columns column ..< column + columns of y in `rows` rows from `row` on; `columns` is 1, 4 or 8. `ahead` asks for the weights of
/// the columns behind them.
INLINE void multiply_block(const Product *product, const int element, const int columns,
                           const int rows, ptrdiff_t column, ptrdiff_t row, const bool ahead) {
  const ptrdiff_t depth = product->depth;
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = depth * bytes;
  const char *weight = (const char *)product->weight + column * row_bytes;
  const float *x = product->x + row * depth;
  __m512 sums[8][5];
  for (int c = 0; c < (columns < 4 ? 4 : columns); c++)
    for (int r = 0; r < rows; r++) sums[c][r] = _mm512_setzero_ps();
  // A line of weights of each column at a time.
  const int vectors = 4 / (int)bytes;
  ptrdiff_t d = 0;
  for (; d + 16 * vectors <= depth; d += 16 * vectors)
    for (int v = 0; v < vectors; v++) {
      __m512 factors[5];
      for (int r = 0; r < rows; r++) factors[r] = _mm512_loadu_ps(x + r * depth + d + 16 * v);
      for (int c = 0; c < columns; c++) {
        const char *from = weight + c * row_bytes + (d + 16 * v) * bytes;
        if (ahead && v == 0) FETCH(from, columns * row_bytes, _MM_HINT_T1);
        const __m512 w = load_weights(from, element);
        for (int r = 0; r < rows; r++) sums[c][r] = _mm512_fmadd_ps(w, factors[r], sums[c][r]);
      }
    }
  for (; d < depth; d += 16) {
    const __mmask16 lanes = (__mmask16)lanes_below(depth - d, 16);
    for (int c = 0; c < columns; c++) {
      const __m512 w = load_last_weights(weight + c * row_bytes + d * bytes, element, lanes);
      for (int r = 0; r < rows; r++)
        sums[c][r] = _mm512_fmadd_ps(w, _mm512_maskz_loadu_ps(lanes, x + r * depth + d), sums[c][r]);
    }
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t first = (row + r) * product->width + column;
    float *y = product->y + first;
    for (int c = 0; c < columns; c += 4) {
      const __mmask8 lanes = columns - c < 4 ? 1 : 15;
      __m128 sum = add_up(sums[c][r], sums[c + 1][r], sums[c + 2][r], sums[c + 3][r]);
      if (product->bias)
        sum = _mm_add_ps(sum, _mm_maskz_loadu_ps(lanes, product->bias + column + c));
      if (product->addend)
        sum = _mm_add_ps(_mm_maskz_loadu_ps(lanes, product->addend + first + c), sum);
      _mm_mask_storeu_ps(y + c, lanes, sum);
    }
  }
}

/// All rows of `columns` columns, up to five at a time.
INLINE void multiply_columns(const Product *product, const int element, const int columns,
                             ptrdiff_t column) {
  const ptrdiff_t rows = product->rows;
  const ptrdiff_t blocks = (rows + 4) / 5;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t row = i * rows / blocks;
    const bool ahead = i == 0;
    switch ((i + 1) * rows / blocks - row) {
      case 1: multiply_block(product, element, columns, 1, column, row, ahead); break;
      case 2: multiply_block(product, element, columns, 2, column, row, ahead); break;
      case 3: multiply_block(product, element, columns, 3, column, row, ahead); break;
      case 4: multiply_block(product, element, columns, 4, column, row, ahead); break;
      default: multiply_block(product, element, columns, 5, column, row, ahead); break;
    }
  }
}

INLINE void multiply_as(const Product *product, const int element, ptrdiff_t begin,
                        ptrdiff_t end) {
  ptrdiff_t column = begin;
  if (product->rows <= 3)
    for (; column + 8 <= end; column += 8) multiply_columns(product, element, 8, column);
  for (; column + 4 <= end; column += 4) multiply_columns(product, element, 4, column);
  for (; column < end; column++) multiply_columns(product, element, 1, column);
}

TARGET_AVX512 void product_few_rows(const Product *product, ptrdiff_t column_begin,
                                    ptrdiff_t column_end) {
  switch (product->element) {
    case WEIGHT_F32: multiply_as(product, WEIGHT_F32, column_begin, column_end); break;
    case WEIGHT_BF16: multiply_as(product, WEIGHT_BF16, column_begin, column_end); break;
    default: multiply_as(product, WEIGHT_F16, column_begin, column_end); break;
  }
}

#else

void product_few_rows(const Product *product, ptrdiff_t column_begin, ptrdiff_t column_end) {}

#endif
