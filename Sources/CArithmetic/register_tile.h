// Template for a vector type (vector_avx512.h, vector_avx2.h): the accumulators of a register tile,
// and prefetches.
#pragma once
#include "matmul_tiles.h"

/// Columns of a register tile, and of a micro-panel.
enum { TILE_COLUMNS = VECTOR * TILE_VECTORS };

/// One of so many micro-panel rows prefetches a line: the next micro-panels prefetch the others.
enum { PREFETCH_ROWS = MATMUL_PANEL_COLUMNS / TILE_COLUMNS };

/// Prefetches a line. The address may be out of bounds: prefetches do not fault.
#define PREFETCH(BASE, OFFSET, LEVEL) \
  _mm_prefetch((const char *)((uintptr_t)(BASE) + (uintptr_t)(OFFSET)), LEVEL)

/// Prefetches the line of the next panel that belongs to micro-panel row d of this tile. Into L1:
/// the L2 hint had no effect on Zen 4.
INLINE void prefetch_weights(const Tile *tile, ptrdiff_t d) {
  if (tile->next)
    PREFETCH(tile->next, (d & tile->mask) * tile->step + (d >> tile->shift) * 64, _MM_HINT_T0);
}

/// Prefetches the rows of x of the next tile, from word `d`.
INLINE void prefetch_x(const void *x, const int rows, ptrdiff_t stride, ptrdiff_t d) {
  for (int r = 0; r < rows; r++) PREFETCH(x, ((rows + r) * stride + d) * 4, _MM_HINT_T0);
}

/// A vector of a tile's row. `whole` if all columns exist.
INLINE Vector load_columns(const Tile *tile, const float *from, const int c, const bool whole) {
  from += VECTOR * c;
  return whole ? vector_load(from)
               : vector_load_lanes(first_lanes(tile->columns - VECTOR * c), from);
}

/// Initial accumulators of a register tile: bias plus addend.
INLINE void load_accumulators(const Tile *tile, const int rows, const int vectors,
                              Vector sums[TILE_ROWS][TILE_VECTORS]) {
  const bool whole = tile->columns >= vectors * VECTOR;
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) sums[r][c] = vector_zero();
  if (tile->from)
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < vectors; c++)
        sums[r][c] = load_columns(tile, tile->from + r * tile->stride, c, whole);
  if (tile->bias)
    for (int c = 0; c < vectors; c++) {
      const Vector bias = load_columns(tile, tile->bias, c, whole);
      for (int r = 0; r < rows; r++) sums[r][c] = vector_add(bias, sums[r][c]);
    }
}

INLINE void store_accumulators(const Tile *tile, const int rows, const int vectors,
                               Vector sums[TILE_ROWS][TILE_VECTORS]) {
  const bool whole = tile->columns >= vectors * VECTOR;
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) {
      float *y = tile->y + r * tile->stride + VECTOR * c;
      if (whole) vector_store(y, sums[r][c]);
      else vector_store_lanes(y, first_lanes(tile->columns - VECTOR * c), sums[r][c]);
    }
}
