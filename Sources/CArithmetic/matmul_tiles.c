#include "matmul_tiles.h"

#if MATMUL_HAS_X86

bool matmul_has_tiles(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

bool matmul_has_bfloat16_dots(void) {
  return matmul_has_tiles() && __builtin_cpu_supports("avx512bf16");
}

/// Tiles between the last tile that prefetches and the end of its panel: time for the lines to
/// arrive.
enum { PREFETCH_LEAD = 2 };

/// Cache lines per panel row; each is prefetched by a different tile.
static inline ptrdiff_t lines_per_row(const Matmul *matmul, const PanelKernel *kernel) {
  return element_bytes(matmul->element) * kernel->k_per_row;
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
  if (number < 0 || number >= lines || block.columns <= 0) return;
  const uintptr_t weight = (uintptr_t)matmul->weight;
  if (matmul->backward) {
    // A panel row is k_per_row rows of W, `bytes` lines each.
    const ptrdiff_t row = block.begin + number / bytes;
    tile->next = weight + (uintptr_t)(row * row_bytes + block.column * bytes + number % bytes * 64);
    tile->step = kernel->k_per_row * row_bytes;
    tile->mask = -1;
    tile->shift = 62;
  } else {
    // A line of one row of W covers 64 / lines panel rows.
    const ptrdiff_t rows = 64 / lines;
    const ptrdiff_t row = block.column + number * rows;
    tile->next = weight + (uintptr_t)(row * row_bytes + block.begin * bytes);
    tile->step = row_bytes;
    tile->mask = rows - 1;
    tile->shift = __builtin_ctzll((uint64_t)rows);
  }
}

void matmul_tiles(const Matmul *matmul, ptrdiff_t row_begin, ptrdiff_t row_end,
                   ptrdiff_t column_begin, ptrdiff_t column_end, void *panel) {
  const PanelKernel *kernel = matmul->pairs ? &matmul_bfloat16_panels : &matmul_float_panels;
  const char *x = matmul->pairs ? (const char *)matmul->pairs : (const char *)matmul->x;
  const ptrdiff_t inner = matmul->inner;
  const ptrdiff_t stride = matmul->pairs ? pair_count(inner) : inner;
  const ptrdiff_t width = matmul->width;
  const ptrdiff_t largest_k =
      MATMUL_PANEL_BYTES / (MATMUL_PANEL_COLUMNS * 4) * kernel->k_per_row;
  const ptrdiff_t blocks = inner > largest_k ? (inner + largest_k - 1) / largest_k : 1;
  const ptrdiff_t block_k = ((inner + blocks - 1) / blocks + 1) & ~(ptrdiff_t)1;
  const ptrdiff_t rows = row_end - row_begin;
  const ptrdiff_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const ptrdiff_t wide = MATMUL_PANEL_COLUMNS;
  const ptrdiff_t prefetching = lines_per_row(matmul, kernel) + PREFETCH_LEAD;
  const ptrdiff_t earliest = tiles > prefetching ? tiles - prefetching : 0;
  for (ptrdiff_t column = column_begin; column < column_end; column += wide) {
    const ptrdiff_t columns = column_end - column < wide ? column_end - column : wide;
    Tile tile = {.stride = width, .isHalf = columns <= wide / 2};
    for (int c = 0; c < TILE_VECTORS; c++)
      tile.columns[c] = (uint16_t)lanes_below(columns - 16 * c, 16);
    for (ptrdiff_t begin = 0; begin == 0 || begin < inner; begin += block_k) {
      const ptrdiff_t k = inner - begin < block_k ? inner - begin : block_k;
      const WeightBlock block = {column, columns, begin, k};
      WeightBlock next = {column, columns, begin + block_k, 0};
      if (next.begin >= inner) next = (WeightBlock){column + wide, width - column - wide, 0, 0};
      kernel->pack(matmul, block, tiles < 4, panel);
      tile.bias = matmul->bias && begin == 0 ? matmul->bias + column : NULL;
      const float *from = begin > 0 ? matmul->y : matmul->addend;
      for (ptrdiff_t i = 0; i < tiles; i++) {
        // Tiles of nearly equal height: a last tile of one row would cost as much as a tile of
        // four.
        const ptrdiff_t row = row_begin + i * rows / tiles;
        tile.rows = (int)(row_begin + (i + 1) * rows / tiles - row);
        tile.y = matmul->y + row * width + column;
        tile.from = from ? from + row * width + column : NULL;
        set_prefetch(matmul, next, kernel, i - earliest, &tile);
        kernel->multiply(&tile, x + 4 * (row * stride + begin / kernel->k_per_row), stride, panel,
                         (block.inner + kernel->k_per_row - 1) / kernel->k_per_row);
      }
    }
  }
}

#else

bool matmul_has_tiles(void) { return false; }

bool matmul_has_bfloat16_dots(void) { return false; }

void matmul_tiles(const Matmul *matmul, ptrdiff_t row_begin, ptrdiff_t row_end,
                   ptrdiff_t column_begin, ptrdiff_t column_end, void *panel) {}

void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t inner, const float *x,
                 uint32_t *pairs) {}

void round_values(ptrdiff_t begin, ptrdiff_t end, float *x) {}

#endif
