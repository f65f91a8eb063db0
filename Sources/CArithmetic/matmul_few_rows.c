// Forward GEMM with few rows on AVX-512: dot products of rows of W with rows of x, both contiguous
// along K. With so few rows, packing would cost more than it saves; up to eight rows take little
// longer than reading the weights.
//
//            16 K elements at a time             4 rows of W by up to 5 of x, or 8 by up to 3
//      x    [ . . . . . . . . ]
//      W    [ . . . . . . . . ]                  sums[w][x] += W[w] * x[x], 16 partial sums each,
//                                                reduced at the end
//
// Prefetches go to L2: L1 holds the current rows.
//
// The summation order does not depend on the number of rows. With few rows, a generated answer is
// bit-identical whatever is generated beside it.
#include "matmul_tiles.h"

#if MATMUL_HAS_X86

#define INLINE TARGET_AVX512 static inline __attribute__((always_inline))

/// The horizontal sums of four vectors.
INLINE __m128 horizontal_sums(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  // Each 128-bit quarter holds partial sums of a, b, c, d.
  const __m512 all =
      _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
  const __m256 half = _mm256_add_ps(
      _mm512_castps512_ps256(all),
      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1)));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/// Columns column ..< column + columns of y in `rows` rows from row `row`; `columns` is 1, 4 or 8.
/// `ahead` prefetches the weights of the next columns.
INLINE void multiply_block(const Matmul *matmul, const int element, const int columns,
                           const int rows, ptrdiff_t column, ptrdiff_t row, const bool ahead) {
  const ptrdiff_t inner = matmul->inner;
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = inner * bytes;
  const char *weight = (const char *)matmul->weight + column * row_bytes;
  const float *x = matmul->x + row * inner;
  __m512 sums[8][5];
  for (int c = 0; c < (columns < 4 ? 4 : columns); c++)
    for (int r = 0; r < rows; r++) sums[c][r] = _mm512_setzero_ps();
  // One cache line of weights of each column at a time.
  const int vectors = 4 / (int)bytes;
  ptrdiff_t d = 0;
  for (; d + 16 * vectors <= inner; d += 16 * vectors)
    for (int v = 0; v < vectors; v++) {
      __m512 factors[5];
      for (int r = 0; r < rows; r++) factors[r] = _mm512_loadu_ps(x + r * inner + d + 16 * v);
      for (int c = 0; c < columns; c++) {
        const char *from = weight + c * row_bytes + (d + 16 * v) * bytes;
        if (ahead && v == 0) PREFETCH(from, columns * row_bytes, _MM_HINT_T1);
        const __m512 w = load_weights(from, element, 0xffff);
        for (int r = 0; r < rows; r++) sums[c][r] = _mm512_fmadd_ps(w, factors[r], sums[c][r]);
      }
    }
  for (; d < inner; d += 16) {
    const __mmask16 lanes = (__mmask16)lanes_below(inner - d, 16);
    for (int c = 0; c < columns; c++) {
      const __m512 w = load_weights(weight + c * row_bytes + d * bytes, element, lanes);
      for (int r = 0; r < rows; r++)
        sums[c][r] =
            _mm512_fmadd_ps(w, _mm512_maskz_loadu_ps(lanes, x + r * inner + d), sums[c][r]);
    }
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t first = (row + r) * matmul->width + column;
    float *y = matmul->y + first;
    for (int c = 0; c < columns; c += 4) {
      const __mmask8 lanes = columns - c < 4 ? 1 : 15;
      __m128 sum = horizontal_sums(sums[c][r], sums[c + 1][r], sums[c + 2][r], sums[c + 3][r]);
      if (matmul->bias)
        sum = _mm_add_ps(sum, _mm_maskz_loadu_ps(lanes, matmul->bias + column + c));
      if (matmul->addend)
        sum = _mm_add_ps(_mm_maskz_loadu_ps(lanes, matmul->addend + first + c), sum);
      _mm_mask_storeu_ps(y + c, lanes, sum);
    }
  }
}

/// All rows of `columns` columns, up to five at a time.
INLINE void multiply_columns(const Matmul *matmul, const int element, const int columns,
                             ptrdiff_t column) {
  const ptrdiff_t rows = matmul->rows;
  const ptrdiff_t blocks = (rows + 4) / 5;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t row = i * rows / blocks;
    const bool ahead = i == 0;
    switch ((i + 1) * rows / blocks - row) {
      case 1: multiply_block(matmul, element, columns, 1, column, row, ahead); break;
      case 2: multiply_block(matmul, element, columns, 2, column, row, ahead); break;
      case 3: multiply_block(matmul, element, columns, 3, column, row, ahead); break;
      case 4: multiply_block(matmul, element, columns, 4, column, row, ahead); break;
      default: multiply_block(matmul, element, columns, 5, column, row, ahead); break;
    }
  }
}

INLINE void multiply_as(const Matmul *matmul, const int element, ptrdiff_t begin,
                        ptrdiff_t end) {
  ptrdiff_t column = begin;
  if (matmul->rows <= 3)
    for (; column + 8 <= end; column += 8) multiply_columns(matmul, element, 8, column);
  for (; column + 4 <= end; column += 4) multiply_columns(matmul, element, 4, column);
  for (; column < end; column++) multiply_columns(matmul, element, 1, column);
}

TARGET_AVX512 void matmul_few_rows(const Matmul *matmul, ptrdiff_t column_begin,
                                    ptrdiff_t column_end) {
  switch (matmul->element) {
    case WEIGHT_F32: multiply_as(matmul, WEIGHT_F32, column_begin, column_end); break;
    case WEIGHT_BF16: multiply_as(matmul, WEIGHT_BF16, column_begin, column_end); break;
    default: multiply_as(matmul, WEIGHT_F16, column_begin, column_end); break;
  }
}

#else

void matmul_few_rows(const Matmul *matmul, ptrdiff_t column_begin, ptrdiff_t column_end) {}

#endif
