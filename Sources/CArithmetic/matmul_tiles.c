#include "tile_kernels.h"

/// Full tiles (64 columns) between the last tile that prefetches and the end of its panel: time for
/// the lines to arrive.
enum { PREFETCH_LEAD = 2 };

/// Cache lines per panel row; each is prefetched by a different tile.
static inline ptrdiff_t lines_per_row(const Matmul *matmul, const PanelKernel *kernel) {
  return element_bytes(matmul->element) * kernel->k_per_row;
}

/// Micro-panels per panel. So many tiles share the lines of a full tile, so that the time between
/// two prefetches does not depend on the width of a register tile.
static inline ptrdiff_t micro_panels(const PanelKernel *kernel) {
  return MATMUL_PANEL_COLUMNS / kernel->columns;
}

/// Sets the lines of the next block of W that tile `number` of a panel's last tiles prefetches.
/// Only the last tiles prefetch: lines fetched earlier would be evicted from L2 by the rows of x
/// before they are read.
static void set_prefetch(const Matmul *matmul, WeightBlock block, const PanelKernel *kernel,
                         ptrdiff_t number, Tile *tile) {
  const ptrdiff_t bytes = element_bytes(matmul->element);
  const ptrdiff_t lines = lines_per_row(matmul, kernel);
  const ptrdiff_t columns = matmul->backward ? matmul->width : matmul->inner;
  const ptrdiff_t row_bytes = columns * bytes;
  tile->next = 0;
  // Blocks are few bytes, and the decoder reads them in order.
  if (has_blocks(matmul)) return;
  if (number < 0 || number >= lines * micro_panels(kernel) || block.columns <= 0) return;
  const ptrdiff_t line = number / micro_panels(kernel);
  const uintptr_t weight = (uintptr_t)matmul->weight;
  if (matmul->backward) {
    // A panel row is k_per_row rows of W, `bytes` lines each.
    const ptrdiff_t row = block.begin + line / bytes;
    tile->next = weight + (uintptr_t)(row * row_bytes + block.column * bytes + line % bytes * 64);
    tile->step = kernel->k_per_row * row_bytes;
    tile->mask = -1;
    tile->shift = 62;
  } else {
    // A line of one row of W covers 64 / lines panel rows.
    const ptrdiff_t rows = 64 / lines;
    const ptrdiff_t row = block.column + line * rows;
    tile->next = weight + (uintptr_t)(row * row_bytes + block.begin * bytes);
    tile->step = row_bytes;
    tile->mask = rows - 1;
    tile->shift = __builtin_ctzll((uint64_t)rows);
  }
  tile->next += (uintptr_t)(number % micro_panels(kernel) * tile->step);
}

/// Multiplies the rows row_begin ..< row_end by a packed panel.
static void multiply_panel(const Matmul *matmul, const PanelKernel *kernel, ptrdiff_t row_begin,
                           ptrdiff_t row_end, WeightBlock block, WeightBlock next,
                           const float *panel) {
  const char *x = matmul->pairs ? (const char *)matmul->pairs : (const char *)matmul->x;
  const ptrdiff_t stride = matmul->pairs ? pair_count(matmul->inner) : matmul->x_stride;
  const ptrdiff_t width = matmul->y_stride;
  const ptrdiff_t panel_rows = (block.inner + kernel->k_per_row - 1) / kernel->k_per_row;
  const ptrdiff_t rows = row_end - row_begin;
  const ptrdiff_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const ptrdiff_t all = tiles * ((block.columns + kernel->columns - 1) / kernel->columns);
  const ptrdiff_t prefetching =
      (lines_per_row(matmul, kernel) + PREFETCH_LEAD) * micro_panels(kernel);
  ptrdiff_t number = all < prefetching ? 0 : prefetching - all;
  const float *from = block.begin > 0 ? matmul->y : matmul->addend;
  const ptrdiff_t end = block.column + block.columns;
  for (ptrdiff_t column = block.column; column < end; column += kernel->columns) {
    Tile tile = {.stride = width, .columns = end - column};
    tile.bias = matmul->bias && block.begin == 0 ? matmul->bias + column : NULL;
    for (ptrdiff_t i = 0; i < tiles; i++, number++) {
      // Tiles of nearly equal height: a last tile of one row would cost as much as a tile of four.
      const ptrdiff_t row = row_begin + i * rows / tiles;
      tile.rows = (int)(row_begin + (i + 1) * rows / tiles - row);
      tile.y = matmul->y + row * width + column;
      tile.from = from ? from + row * width + column : NULL;
      set_prefetch(matmul, next, kernel, number, &tile);
      kernel->multiply(&tile, x + 4 * (row * stride + block.begin / kernel->k_per_row), stride,
                       panel, panel_rows);
    }
    panel += panel_rows * kernel->columns;
  }
}

void matmul_tiles(const Matmul *matmul, ptrdiff_t row_begin, ptrdiff_t row_end,
                  ptrdiff_t column_begin, ptrdiff_t column_end, void *panel) {
  const PanelKernel *kernel =
      matmul->pairs ? &bfloat16_panels : &tile_kernels(matmul->instructions)->panels;
  const ptrdiff_t inner = matmul->inner;
  const ptrdiff_t largest_k = MATMUL_PANEL_BYTES / (MATMUL_PANEL_COLUMNS * 4) * kernel->k_per_row;
  const ptrdiff_t blocks = inner > largest_k ? (inner + largest_k - 1) / largest_k : 1;
  // Pairs are whole, and so are the groups of K elements that are decoded together.
  const ptrdiff_t unit = has_blocks(matmul) && !matmul->backward ? WEIGHT_GROUP : 2;
  const ptrdiff_t block_k = ((inner + blocks - 1) / blocks + unit - 1) / unit * unit;
  const ptrdiff_t wide = MATMUL_PANEL_COLUMNS;
  for (ptrdiff_t column = column_begin; column < column_end; column += wide) {
    const ptrdiff_t columns = column_end - column < wide ? column_end - column : wide;
    for (ptrdiff_t begin = 0; begin == 0 || begin < inner; begin += block_k) {
      const ptrdiff_t k = inner - begin < block_k ? inner - begin : block_k;
      const WeightBlock block = {column, columns, begin, k};
      WeightBlock next = {column, columns, begin + block_k, 0};
      if (next.begin >= inner)
        next = (WeightBlock){column + wide, matmul->width - column - wide, 0, 0};
      const bool ahead = row_end - row_begin <= 3 * TILE_ROWS;
      kernel->pack(matmul, block, ahead, panel);
      multiply_panel(matmul, kernel, row_begin, row_end, block, next, panel);
    }
  }
}
