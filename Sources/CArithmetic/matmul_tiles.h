// The tiled GEMM that all micro-kernels share: the loop over packed panels and register tiles, and
// prefetching.
//
// Weights are stored once, row by row. A block of W, 64 columns of y by some hundred K elements, is
// widened and packed into a panel that stays in L2. Then register tiles run over the panel: 6 rows
// of y by 64 columns on AVX-512 (24 of 32 registers), by 16 on AVX2 (12 of 16). A panel consists of
// micro-panels as wide as a register tile.
//
//            16 or 64 columns of y             micro-panel    d = 0: [ 16 or 64 weights ]
//            +-----------+                                    d = 1: [ 16 or 64 weights ]
//      6 rows|           |  += x[6 rows, d]  outer                   ...
//            +-----------+
//
// If y ends within the first half of a micro-panel's columns, tiles are half as wide.
//
// The last tiles of a panel prefetch the weights of the next panel.
#pragma once

#include "matmul.h"
#include "weights.h"

enum { TILE_ROWS = 6 };

/// A register tile of y, and the lines that it prefetches.
typedef struct Tile {
  float *y;
  ptrdiff_t stride;   // of y
  int rows;           // at most TILE_ROWS
  ptrdiff_t columns;  // at most those of a micro-panel
  const float *bias;  // NULL except for the first block of K
  const float *from;  // addend, laid out as y; or NULL
  // Micro-panel row d, or only every fourth, prefetches the line `next + (d & mask) * step + (d >>
  // shift) * 64`; none if next is 0.
  uintptr_t next;
  ptrdiff_t step, mask;
  int shift;
} Tile;

/// A block of the weights: columns of y by K elements begin ..< begin + inner.
typedef struct WeightBlock {
  ptrdiff_t column, columns, begin, inner;
} WeightBlock;

/// A micro-kernel: how panels are packed and multiplied.
typedef struct PanelKernel {
  int k_per_row;  // K elements per panel row, and per 4-byte word of x
  int columns;    // of a micro-panel
  /// Packs a block into a panel: micro-panels of ceil(block.inner / k_per_row) rows, one after the
  /// other. `ahead` prefetches weights before they are read.
  void (*pack)(const Matmul *matmul, WeightBlock block, bool ahead, void *panel);
  /// Adds x [rows, panel_rows] times a micro-panel to a tile; x is 4-byte words with row stride
  /// `stride`.
  void (*multiply)(const Tile *tile, const void *x, ptrdiff_t stride, const void *panel,
                   ptrdiff_t panel_rows);
} PanelKernel;

/// Bytes of a plain element.
static inline ptrdiff_t element_bytes(int element) { return element == WEIGHT_F32 ? 4 : 2; }

/// Whether W is stored in blocks, which are decoded before they are packed.
static inline bool has_blocks(const Matmul *matmul) { return matmul->element >= WEIGHT_Q8_0; }
