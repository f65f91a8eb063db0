// Products in f32 on AVX-512: panels of f32, whatever the weights are stored in.
#include "product_tiles.h"

#if PRODUCT_HAS_X86

#define INLINE TARGET_AVX512 static inline __attribute__((always_inline))

/// Up to 16 weights as f32; what is masked is 0 and not read.
INLINE __m512 load(const char *from, int element, __mmask16 lanes) {
  if (element == WEIGHT_F32) return _mm512_maskz_loadu_ps(lanes, from);
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, from);
  if (element == WEIGHT_F16) return _mm512_cvtph_ps(bits);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// From W^T: rows of W become columns of the panel, 16 by 16.
INLINE void pack_forward(const Product *product, Piece piece, bool ahead, int element,
                         float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = product->depth * bytes;
  const char *weight = (const char *)product->weight + piece.column * row_bytes +
                       piece.begin * bytes;
  for (ptrdiff_t c = 0; c < piece.columns; c += 16) {
    const char *from = weight + c * row_bytes;
    for (ptrdiff_t d = 0; d < piece.depth; d += 16) {
      const __mmask16 lanes = (__mmask16)lanes_below(piece.depth - d, 16);
      __m512 block[16];
      for (int i = 0; i < 16; i++) {
        const bool inside = c + i < piece.columns;
        block[i] = load(from + i * row_bytes + d * bytes, element, inside ? lanes : 0);
        if (ahead) FETCH(from, (i + 16) * row_bytes + d * bytes, _MM_HINT_T0);
      }
      turn(block);
      const int deep = piece.depth - d < 16 ? (int)(piece.depth - d) : 16;
      float *to = panel + d * PRODUCT_PANEL_COLUMNS + c;
      if (deep == 16)
        for (int i = 0; i < 16; i++) _mm512_store_ps(to + i * PRODUCT_PANEL_COLUMNS, block[i]);
      else
        for (int i = 0; i < deep; i++) _mm512_store_ps(to + i * PRODUCT_PANEL_COLUMNS, block[i]);
    }
  }
}

/// From W: rows of W are rows of the panel.
INLINE void pack_backward(const Product *product, Piece piece, bool ahead, int element,
                          float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = product->width * bytes;
  enum { ROWS_AHEAD = 32 };
  __mmask16 lanes[TILE_VECTORS];
  for (int c = 0; c < TILE_VECTORS; c++)
    lanes[c] = (__mmask16)lanes_below(piece.columns - 16 * c, 16);
  for (ptrdiff_t d = 0; d < piece.depth; d++) {
    const char *from = (const char *)product->weight + (piece.begin + d) * row_bytes +
                       piece.column * bytes;
    for (int c = 0; c < TILE_VECTORS; c++) {
      _mm512_store_ps(panel + d * PRODUCT_PANEL_COLUMNS + 16 * c,
                      load(from + 16 * c * bytes, element, lanes[c]));
      if (ahead) FETCH(from, ROWS_AHEAD * row_bytes + 16 * c * bytes, _MM_HINT_T0);
    }
  }
}

INLINE void pack_as(const Product *product, Piece piece, bool ahead, int element, float *panel) {
  if (product->backward) pack_backward(product, piece, ahead, element, panel);
  else pack_forward(product, piece, ahead, element, panel);
}

TARGET_AVX512 static void pack(const Product *product, Piece piece, bool ahead, void *panel) {
  switch (product->element) {
    case WEIGHT_F32: pack_as(product, piece, ahead, WEIGHT_F32, panel); break;
    case WEIGHT_BF16: pack_as(product, piece, ahead, WEIGHT_BF16, panel); break;
    default: pack_as(product, piece, ahead, WEIGHT_F16, panel); break;
  }
}

INLINE void multiply_rows(const int rows, const int vectors, const Tile *tile, const float *x,
                          ptrdiff_t stride, const float *panel, ptrdiff_t depth) {
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  begin_tile(tile, rows, vectors, sums);
  for (ptrdiff_t d = 0; d < depth; d++) {
    fetch_weights(tile, d);
    if (d % 16 == 0) fetch_rows(x, rows, stride, d);
    __m512 weights[TILE_VECTORS];
    for (int c = 0; c < vectors; c++)
      weights[c] = _mm512_load_ps(panel + d * PRODUCT_PANEL_COLUMNS + 16 * c);
    for (int r = 0; r < rows; r++) {
      const __m512 factor = _mm512_set1_ps(x[r * stride + d]);
      for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_fmadd_ps(factor, weights[c], sums[r][c]);
    }
  }
  end_tile(tile, rows, vectors, sums);
}

INLINE void multiply_width(const int vectors, const Tile *tile, const float *x, ptrdiff_t stride,
                           const float *panel, ptrdiff_t depth) {
  switch (tile->rows) {
    case 1: multiply_rows(1, vectors, tile, x, stride, panel, depth); break;
    case 2: multiply_rows(2, vectors, tile, x, stride, panel, depth); break;
    case 3: multiply_rows(3, vectors, tile, x, stride, panel, depth); break;
    case 4: multiply_rows(4, vectors, tile, x, stride, panel, depth); break;
    case 5: multiply_rows(5, vectors, tile, x, stride, panel, depth); break;
    default: multiply_rows(6, vectors, tile, x, stride, panel, depth); break;
  }
}

TARGET_AVX512 static void multiply(const Tile *tile, const void *x, ptrdiff_t stride,
                                   const void *panel, ptrdiff_t depth) {
  if (tile->isHalf) multiply_width(TILE_VECTORS / 2, tile, x, stride, panel, depth);
  else multiply_width(TILE_VECTORS, tile, x, stride, panel, depth);
}

const PanelKernel product_float_panels = {1, pack, multiply};

#endif
