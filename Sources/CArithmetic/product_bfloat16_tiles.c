// Products of bf16 weights with activations rounded to bf16, on AVX512-BF16: one instruction adds two products to each of 16
// sums in f32, so a row of a panel is 64 pairs of weights.
#include "product_tiles.h"

#if PRODUCT_HAS_X86

#define INLINE TARGET_BFLOAT16 static inline __attribute__((always_inline))

/// From W^T: 16 rows of 16 pairs become 16 columns.
TARGET_BFLOAT16 static void pack_forward(const Product *product, Piece piece, bool ahead,
                                         uint32_t *panel) {
  const ptrdiff_t row_bytes = product->depth * 2;
  const char *weight = (const char *)product->weight + piece.column * row_bytes + piece.begin * 2;
  for (ptrdiff_t c = 0; c < piece.columns; c += 16) {
    const char *from = weight + c * row_bytes;
    for (ptrdiff_t d = 0; d < piece.depth; d += 32) {
      const __mmask32 lanes = lanes_below(piece.depth - d, 32);
      __m512 block[16];
      for (int i = 0; i < 16; i++) {
        const bool inside = c + i < piece.columns;
        block[i] = _mm512_castsi512_ps(
            _mm512_maskz_loadu_epi16(inside ? lanes : 0, from + i * row_bytes + d * 2));
        if (ahead) FETCH(from, (i + 16) * row_bytes + d * 2, _MM_HINT_T0);
      }
      turn(block);
      const ptrdiff_t pairs = (piece.depth - d + 1) / 2;
      const int deep = pairs < 16 ? (int)pairs : 16;
      uint32_t *to = panel + d / 2 * PRODUCT_PANEL_COLUMNS + c;
      if (deep == 16)
        for (int i = 0; i < 16; i++) _mm512_store_ps(to + i * PRODUCT_PANEL_COLUMNS, block[i]);
      else
        for (int i = 0; i < deep; i++) _mm512_store_ps(to + i * PRODUCT_PANEL_COLUMNS, block[i]);
    }
  }
}

/// From W: two rows of W, element by element, are a row of the panel.
TARGET_BFLOAT16 static void pack_backward(const Product *product, Piece piece, bool ahead,
                                          uint32_t *panel) {
  enum { ROWS_AHEAD = 32 };
  const ptrdiff_t row_bytes = product->width * 2;
  // Element i of the lower row, element i of the upper one, for i in 0 ..< 16; then for 16 ..< 32.
  const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i left =
      _mm512_or_si512(count, _mm512_slli_epi32(_mm512_add_epi32(count, _mm512_set1_epi32(32)), 16));
  const __m512i right = _mm512_add_epi16(left, _mm512_set1_epi16(16));
  for (ptrdiff_t d = 0; d < piece.depth; d += 2) {
    const char *from = (const char *)product->weight + (piece.begin + d) * row_bytes +
                       piece.column * 2;
    for (int half = 0; half < 2; half++) {
      const __mmask32 lanes = lanes_below(piece.columns - 32 * half, 32);
      const char *pair = from + 64 * half;
      const __m512i lower = _mm512_maskz_loadu_epi16(lanes, pair);
      const __m512i upper =
          _mm512_maskz_loadu_epi16(d + 1 < piece.depth ? lanes : 0, pair + row_bytes);
      uint32_t *to = panel + d / 2 * PRODUCT_PANEL_COLUMNS + 32 * half;
      _mm512_store_si512(to, _mm512_permutex2var_epi16(lower, left, upper));
      _mm512_store_si512(to + 16, _mm512_permutex2var_epi16(lower, right, upper));
      if (ahead)
        for (int row = ROWS_AHEAD; row < ROWS_AHEAD + 2; row++)
          FETCH(pair, row * row_bytes, _MM_HINT_T0);
    }
  }
}

static void pack(const Product *product, Piece piece, bool ahead, void *panel) {
  if (product->backward) pack_backward(product, piece, ahead, panel);
  else pack_forward(product, piece, ahead, panel);
}

TARGET_BFLOAT16 void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, const float *x,
                                 uint32_t *pairs) {
  const ptrdiff_t words = pair_count(depth);
  for (ptrdiff_t row = begin; row < end; row++)
    for (ptrdiff_t d = 0; d < depth; d += 32) {
      const float *from = x + row * depth + d;
      const __m512 low = _mm512_maskz_loadu_ps((__mmask16)lanes_below(depth - d, 16), from);
      const __m512 high =
          _mm512_maskz_loadu_ps((__mmask16)lanes_below(depth - d - 16, 16), from + 16);
      _mm512_mask_storeu_epi32(pairs + row * words + d / 2,
                               (__mmask16)lanes_below(words - d / 2, 16),
                               (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

TARGET_BFLOAT16 void round_values(ptrdiff_t begin, ptrdiff_t end, float *x) {
  for (ptrdiff_t i = begin; i < end; i += 16) {
    const __mmask16 lanes = (__mmask16)lanes_below(end - i, 16);
    const __m256i bits = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + i));
    const __m512i wide = _mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16);
    _mm512_mask_storeu_ps(x + i, lanes, _mm512_castsi512_ps(wide));
  }
}

INLINE void multiply_rows(const int rows, const int vectors, const Tile *tile, const uint32_t *x,
                          ptrdiff_t stride, const uint32_t *panel, ptrdiff_t words) {
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  begin_tile(tile, rows, vectors, sums);
  for (ptrdiff_t p = 0; p < words; p++) {
    fetch_weights(tile, p);
    if (p % 16 == 0) fetch_rows(x, rows, stride, p);
    __m512bh weights[TILE_VECTORS];
    for (int c = 0; c < vectors; c++)
      weights[c] = (__m512bh)_mm512_load_si512(panel + p * PRODUCT_PANEL_COLUMNS + 16 * c);
    for (int r = 0; r < rows; r++) {
      const __m512bh factor = (__m512bh)_mm512_set1_epi32((int)x[r * stride + p]);
      for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_dpbf16_ps(sums[r][c], factor, weights[c]);
    }
  }
  end_tile(tile, rows, vectors, sums);
}

INLINE void multiply_width(const int vectors, const Tile *tile, const uint32_t *x, ptrdiff_t stride,
                           const uint32_t *panel, ptrdiff_t words) {
  switch (tile->rows) {
    case 1: multiply_rows(1, vectors, tile, x, stride, panel, words); break;
    case 2: multiply_rows(2, vectors, tile, x, stride, panel, words); break;
    case 3: multiply_rows(3, vectors, tile, x, stride, panel, words); break;
    case 4: multiply_rows(4, vectors, tile, x, stride, panel, words); break;
    case 5: multiply_rows(5, vectors, tile, x, stride, panel, words); break;
    default: multiply_rows(6, vectors, tile, x, stride, panel, words); break;
  }
}

TARGET_BFLOAT16 static void multiply(const Tile *tile, const void *x, ptrdiff_t stride,
                                     const void *panel, ptrdiff_t words) {
  if (tile->isHalf) multiply_width(TILE_VECTORS / 2, tile, x, stride, panel, words);
  else multiply_width(TILE_VECTORS, tile, x, stride, panel, words);
}

const PanelKernel product_bfloat16_panels = {2, pack, multiply};

#endif
