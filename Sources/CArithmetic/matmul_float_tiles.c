// GEMM micro-kernel in f32 on AVX-512. Packed panels are f32, whatever the type of the stored
// weights.
#include "matmul_tiles.h"

#if MATMUL_HAS_X86

#define INLINE TARGET_AVX512 static inline __attribute__((always_inline))

/// Packs a block of W^T: transposes 16 by 16 weights at a time.
INLINE void pack_forward(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                         float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = matmul->inner * bytes;
  const char *weight = (const char *)matmul->weight + block.column * row_bytes +
                       block.begin * bytes;
  for (ptrdiff_t c = 0; c < block.columns; c += 16) {
    const char *from = weight + c * row_bytes;
    for (ptrdiff_t d = 0; d < block.inner; d += 16) {
      const __mmask16 lanes = (__mmask16)lanes_below(block.inner - d, 16);
      __m512 vectors[16];
      for (int i = 0; i < 16; i++) {
        const bool inside = c + i < block.columns;
        vectors[i] = load_weights(from + i * row_bytes + d * bytes, element, inside ? lanes : 0);
        if (ahead) PREFETCH(from, (i + 16) * row_bytes + d * bytes, _MM_HINT_T0);
      }
      transpose(vectors);
      const int k_count = block.inner - d < 16 ? (int)(block.inner - d) : 16;
      float *to = panel + d * MATMUL_PANEL_COLUMNS + c;
      if (k_count == 16)
        for (int i = 0; i < 16; i++) _mm512_store_ps(to + i * MATMUL_PANEL_COLUMNS, vectors[i]);
      else
        for (int i = 0; i < k_count; i++)
          _mm512_store_ps(to + i * MATMUL_PANEL_COLUMNS, vectors[i]);
    }
  }
}

/// Packs a block of W: rows of W are rows of the panel.
INLINE void pack_backward(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                          float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = matmul->width * bytes;
  enum { ROWS_AHEAD = 32 };
  __mmask16 lanes[TILE_VECTORS];
  for (int c = 0; c < TILE_VECTORS; c++)
    lanes[c] = (__mmask16)lanes_below(block.columns - 16 * c, 16);
  for (ptrdiff_t d = 0; d < block.inner; d++) {
    const char *from = (const char *)matmul->weight + (block.begin + d) * row_bytes +
                       block.column * bytes;
    for (int c = 0; c < TILE_VECTORS; c++) {
      _mm512_store_ps(panel + d * MATMUL_PANEL_COLUMNS + 16 * c,
                      load_weights(from + 16 * c * bytes, element, lanes[c]));
      if (ahead) PREFETCH(from, ROWS_AHEAD * row_bytes + 16 * c * bytes, _MM_HINT_T0);
    }
  }
}

INLINE void pack_as(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                    float *panel) {
  if (matmul->backward) pack_backward(matmul, block, ahead, element, panel);
  else pack_forward(matmul, block, ahead, element, panel);
}

TARGET_AVX512 static void pack(const Matmul *matmul, WeightBlock block, bool ahead, void *panel) {
  switch (matmul->element) {
    case WEIGHT_F32: pack_as(matmul, block, ahead, WEIGHT_F32, panel); break;
    case WEIGHT_BF16: pack_as(matmul, block, ahead, WEIGHT_BF16, panel); break;
    default: pack_as(matmul, block, ahead, WEIGHT_F16, panel); break;
  }
}

INLINE void multiply_rows(const int rows, const int vectors, const Tile *tile, const float *x,
                          ptrdiff_t stride, const float *panel, ptrdiff_t inner) {
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  load_accumulators(tile, rows, vectors, sums);
  for (ptrdiff_t d = 0; d < inner; d++) {
    prefetch_weights(tile, d);
    if (d % 16 == 0) prefetch_x(x, rows, stride, d);
    __m512 weights[TILE_VECTORS];
    for (int c = 0; c < vectors; c++)
      weights[c] = _mm512_load_ps(panel + d * MATMUL_PANEL_COLUMNS + 16 * c);
    for (int r = 0; r < rows; r++) {
      const __m512 factor = _mm512_set1_ps(x[r * stride + d]);
      for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_fmadd_ps(factor, weights[c], sums[r][c]);
    }
  }
  store_accumulators(tile, rows, vectors, sums);
}

INLINE void multiply_width(const int vectors, const Tile *tile, const float *x, ptrdiff_t stride,
                           const float *panel, ptrdiff_t inner) {
  switch (tile->rows) {
    case 1: multiply_rows(1, vectors, tile, x, stride, panel, inner); break;
    case 2: multiply_rows(2, vectors, tile, x, stride, panel, inner); break;
    case 3: multiply_rows(3, vectors, tile, x, stride, panel, inner); break;
    case 4: multiply_rows(4, vectors, tile, x, stride, panel, inner); break;
    case 5: multiply_rows(5, vectors, tile, x, stride, panel, inner); break;
    default: multiply_rows(6, vectors, tile, x, stride, panel, inner); break;
  }
}

TARGET_AVX512 static void multiply(const Tile *tile, const void *x, ptrdiff_t stride,
                                   const void *panel, ptrdiff_t inner) {
  if (tile->isHalf) multiply_width(TILE_VECTORS / 2, tile, x, stride, panel, inner);
  else multiply_width(TILE_VECTORS, tile, x, stride, panel, inner);
}

const PanelKernel matmul_float_panels = {1, pack, multiply};

#endif
