// Template for a vector type: GEMM micro-kernel in f32. Packed panels are f32, whatever the type of
// the stored weights.
#pragma once
#include "register_tile.h"

/// The first weight of column c and K element d of a panel of `inner` K elements.
INLINE float *panel_address(float *panel, ptrdiff_t inner, ptrdiff_t c, ptrdiff_t d) {
  return panel + (c / TILE_COLUMNS * inner + d) * TILE_COLUMNS + c % TILE_COLUMNS;
}

/// Packs up to VECTOR rows of W, `inner` K elements each, as columns of a micro-panel: transposes
/// VECTOR by VECTOR weights at a time.
INLINE void pack_columns(const char *from, ptrdiff_t row_bytes, int element, ptrdiff_t columns,
                         ptrdiff_t inner, bool ahead, float *to) {
  const ptrdiff_t bytes = element_bytes(element);
  for (ptrdiff_t d = 0; d < inner; d += VECTOR) {
    const ptrdiff_t left = inner - d;
    Vector vectors[VECTOR];
    if (left >= VECTOR && columns >= VECTOR)
      for (int i = 0; i < VECTOR; i++)
        vectors[i] = load_weights(from + i * row_bytes + d * bytes, element, VECTOR);
    else
      for (int i = 0; i < VECTOR; i++)
        vectors[i] =
            load_weights(from + i * row_bytes + d * bytes, element, i < columns ? left : 0);
    if (ahead)
      for (int i = VECTOR; i < 2 * VECTOR; i++)
        PREFETCH(from, i * row_bytes + d * bytes, _MM_HINT_T0);
    transpose(vectors);
    if (left >= VECTOR)
      for (int i = 0; i < VECTOR; i++) vector_store(to + (d + i) * TILE_COLUMNS, vectors[i]);
    else
      for (int i = 0; i < left; i++) vector_store(to + (d + i) * TILE_COLUMNS, vectors[i]);
  }
}

/// Packs a block of W^T.
INLINE void pack_forward(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                         float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = matmul->inner * bytes;
  const char *weight = (const char *)matmul->weight + block.begin * bytes;
  for (ptrdiff_t c = 0; c < block.columns; c += VECTOR)
    pack_columns(weight + (block.column + c) * row_bytes, row_bytes, element, block.columns - c,
                 block.inner, ahead, panel_address(panel, block.inner, c, 0));
}

/// Packs a block of W: rows of W are rows of the panel.
INLINE void pack_backward(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                          float *panel) {
  const ptrdiff_t bytes = element_bytes(element);
  const ptrdiff_t row_bytes = matmul->width * bytes;
  enum { ROWS_AHEAD = 32 };
  for (ptrdiff_t d = 0; d < block.inner; d++) {
    const char *from = (const char *)matmul->weight + (block.begin + d) * row_bytes +
                       block.column * bytes;
    for (ptrdiff_t c = 0; c < block.columns; c += VECTOR) {
      vector_store(panel_address(panel, block.inner, c, d),
                   load_weights(from + c * bytes, element, block.columns - c));
      if (ahead) PREFETCH(from, ROWS_AHEAD * row_bytes + c * bytes, _MM_HINT_T0);
    }
  }
}

INLINE void pack_as(const Matmul *matmul, WeightBlock block, bool ahead, int element,
                    float *panel) {
  if (matmul->backward) pack_backward(matmul, block, ahead, element, panel);
  else pack_forward(matmul, block, ahead, element, panel);
}

/// K elements that are decoded at a time: they stay in L1.
enum { DECODED = 256 };

/// Packs a block of W^T that is stored in blocks: decodes VECTOR rows at a time to f32.
INLINE void pack_forward_blocks(const Matmul *matmul, WeightBlock block, float *panel) {
  float decoded[VECTOR * DECODED];
  const ptrdiff_t row_bytes = weight_bytes(matmul->element, matmul->inner);
  for (ptrdiff_t c = 0; c < block.columns; c += VECTOR) {
    const char *rows = (const char *)matmul->weight + (block.column + c) * row_bytes;
    const ptrdiff_t columns = block.columns - c < VECTOR ? block.columns - c : VECTOR;
    for (ptrdiff_t d = 0; d < block.inner; d += DECODED) {
      const ptrdiff_t count = block.inner - d < DECODED ? block.inner - d : DECODED;
      widen_weight_rows(rows, matmul->element, row_bytes, columns, block.begin + d, count, decoded,
                        DECODED);
      pack_columns((const char *)decoded, DECODED * sizeof *decoded, WEIGHT_F32, columns, count,
                   false, panel_address(panel, block.inner, c, d));
    }
  }
}

/// Packs a block of W that is stored in blocks.
INLINE void pack_backward_blocks(const Matmul *matmul, WeightBlock block, float *panel) {
  enum { ROWS = 32 };
  float decoded[ROWS * MATMUL_PANEL_COLUMNS];
  const ptrdiff_t row_bytes = weight_bytes(matmul->element, matmul->width);
  for (ptrdiff_t d = 0; d < block.inner; d += ROWS) {
    const ptrdiff_t rows = block.inner - d < ROWS ? block.inner - d : ROWS;
    widen_weight_rows((const char *)matmul->weight + (block.begin + d) * row_bytes, matmul->element,
                      row_bytes, rows, block.column, block.columns, decoded, MATMUL_PANEL_COLUMNS);
    for (ptrdiff_t r = 0; r < rows; r++)
      for (ptrdiff_t c = 0; c < block.columns; c += VECTOR)
        vector_store(panel_address(panel, block.inner, c, d + r),
                     vector_load(decoded + r * MATMUL_PANEL_COLUMNS + c));
  }
}

VECTOR_TARGET static void pack(const Matmul *matmul, WeightBlock block, bool ahead, void *panel) {
  switch (matmul->element) {
    case WEIGHT_F32: pack_as(matmul, block, ahead, WEIGHT_F32, panel); break;
    case WEIGHT_BF16: pack_as(matmul, block, ahead, WEIGHT_BF16, panel); break;
    case WEIGHT_F16: pack_as(matmul, block, ahead, WEIGHT_F16, panel); break;
    default:
      if (matmul->backward) pack_backward_blocks(matmul, block, panel);
      else pack_forward_blocks(matmul, block, panel);
  }
}

/// Adds the outer product of K element d of x [rows, *] and a row of a micro-panel.
INLINE void add_outer_product(const int rows, const int vectors, const float *x, ptrdiff_t stride,
                              const float *panel, Vector sums[TILE_ROWS][TILE_VECTORS]) {
  Vector weights[TILE_VECTORS];
  for (int c = 0; c < vectors; c++) weights[c] = vector_load(panel + VECTOR * c);
  for (int r = 0; r < rows; r++) {
    if (r == TILE_ROWS / 2) keep_loads_behind();
    const Vector factor = vector_of(x[r * stride]);
    for (int c = 0; c < vectors; c++)
      sums[r][c] = vector_multiply_add(factor, weights[c], sums[r][c]);
  }
}

INLINE void multiply_rows(const int rows, const int vectors, const Tile *tile, const float *x,
                          ptrdiff_t stride, const float *panel, ptrdiff_t inner) {
  Vector sums[TILE_ROWS][TILE_VECTORS];
  load_accumulators(tile, rows, vectors, sums);
  ptrdiff_t d = 0;
  for (; d + PREFETCH_ROWS <= inner; d += PREFETCH_ROWS) {
    prefetch_weights(tile, d);
    if (d % 16 == 0) prefetch_x(x, rows, stride, d);
#pragma clang loop unroll(full)
    for (int i = 0; i < PREFETCH_ROWS; i++)
      add_outer_product(rows, vectors, x + d + i, stride, panel + (d + i) * TILE_COLUMNS, sums);
  }
  for (; PREFETCH_ROWS > 1 && d < inner; d++)
    add_outer_product(rows, vectors, x + d, stride, panel + d * TILE_COLUMNS, sums);
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

VECTOR_TARGET static void multiply(const Tile *tile, const void *x, ptrdiff_t stride,
                                   const void *panel, ptrdiff_t inner) {
  if (tile->columns <= TILE_COLUMNS / 2)
    multiply_width(TILE_VECTORS / 2, tile, x, stride, panel, inner);
  else multiply_width(TILE_VECTORS, tile, x, stride, panel, inner);
}
