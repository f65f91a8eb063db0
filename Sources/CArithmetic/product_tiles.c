#include "product_tiles.h"

#if PRODUCT_HAS_X86

bool product_has_tiles(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

bool product_has_bfloat16_dots(void) {
  return product_has_tiles() && __builtin_cpu_supports("avx512bf16");
}

/// Tiles between the last that fetches and the end of its panel: time for what it asks for to arrive.
enum { WAITING_TILES = 2 };

/// Lines of one panel row, each fetched by a tile of its own.
static inline ptrdiff_t share_count(const Product *product, const PanelKernel *kernel) {
  return element_bytes(product->element) * kernel->summands;
}

/// Where tile `number` of the last tiles of a panel fetches its share of the next piece from. The last, since what is fetched
/// earlier has left the second cache, which all rows of x pass through, when it is read.
static void fetch(const Product *product, Piece piece, const PanelKernel *kernel,
                  ptrdiff_t number, Tile *tile) {
  const ptrdiff_t bytes = element_bytes(product->element);
  const ptrdiff_t shares = share_count(product, kernel);
  const ptrdiff_t columns = product->backward ? product->width : product->depth;
  const ptrdiff_t row_bytes = columns * bytes;
  tile->next = 0;
  if (number < 0 || number >= shares || piece.columns <= 0) return;
  const uintptr_t weight = (uintptr_t)product->weight;
  if (product->backward) {
    // Panel row d is as many rows of W as it has summands, `bytes` lines each.
    const ptrdiff_t row = piece.begin + number / bytes;
    tile->next = weight + (uintptr_t)(row * row_bytes + piece.column * bytes + number % bytes * 64);
    tile->step = kernel->summands * row_bytes;
    tile->mask = -1;
    tile->shift = 62;
  } else {
    // A line is 64 / shares panel rows of one row of W.
    const ptrdiff_t rows = 64 / shares;
    const ptrdiff_t row = piece.column + number * rows;
    tile->next = weight + (uintptr_t)(row * row_bytes + piece.begin * bytes);
    tile->step = row_bytes;
    tile->mask = rows - 1;
    tile->shift = __builtin_ctzll((uint64_t)rows);
  }
}

void product_tiles(const Product *product, ptrdiff_t row_begin, ptrdiff_t row_end,
                   ptrdiff_t column_begin, ptrdiff_t column_end, void *panel) {
  const PanelKernel *kernel = product->pairs ? &product_bfloat16_panels : &product_float_panels;
  const char *x = product->pairs ? (const char *)product->pairs : (const char *)product->x;
  const ptrdiff_t depth = product->depth;
  const ptrdiff_t stride = product->pairs ? pair_count(depth) : depth;
  const ptrdiff_t width = product->width;
  const ptrdiff_t deepest = PRODUCT_PANEL_BYTES / (PRODUCT_PANEL_COLUMNS * 4) * kernel->summands;
  const ptrdiff_t pieces = depth > deepest ? (depth + deepest - 1) / deepest : 1;
  const ptrdiff_t deep = ((depth + pieces - 1) / pieces + 1) & ~(ptrdiff_t)1;
  const ptrdiff_t rows = row_end - row_begin;
  const ptrdiff_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const ptrdiff_t wide = PRODUCT_PANEL_COLUMNS;
  const ptrdiff_t fetching = share_count(product, kernel) + WAITING_TILES;
  const ptrdiff_t earliest = tiles > fetching ? tiles - fetching : 0;
  for (ptrdiff_t column = column_begin; column < column_end; column += wide) {
    const ptrdiff_t columns = column_end - column < wide ? column_end - column : wide;
    Tile tile = {.stride = width, .isHalf = columns <= wide / 2};
    for (int c = 0; c < TILE_VECTORS; c++)
      tile.columns[c] = (uint16_t)lanes_below(columns - 16 * c, 16);
    for (ptrdiff_t begin = 0; begin == 0 || begin < depth; begin += deep) {
      const Piece piece = {column, columns, begin, depth - begin < deep ? depth - begin : deep};
      Piece next = {column, columns, begin + deep, 0};
      if (next.begin >= depth) next = (Piece){column + wide, width - column - wide, 0, 0};
      kernel->pack(product, piece, tiles < 4, panel);
      tile.bias = product->bias && begin == 0 ? product->bias + column : NULL;
      const float *from = begin > 0 ? product->y : product->addend;
      for (ptrdiff_t i = 0; i < tiles; i++) {
        // Tiles of nearly equal height: a last tile of one row would cost as much as one of four.
        const ptrdiff_t row = row_begin + i * rows / tiles;
        tile.rows = (int)(row_begin + (i + 1) * rows / tiles - row);
        tile.y = product->y + row * width + column;
        tile.from = from ? from + row * width + column : NULL;
        fetch(product, next, kernel, i - earliest, &tile);
        kernel->multiply(&tile, x + 4 * (row * stride + begin / kernel->summands), stride, panel,
                         (piece.depth + kernel->summands - 1) / kernel->summands);
      }
    }
  }
}

#else

bool product_has_tiles(void) { return false; }

bool product_has_bfloat16_dots(void) { return false; }

void product_tiles(const Product *product, ptrdiff_t row_begin, ptrdiff_t row_end,
                   ptrdiff_t column_begin, ptrdiff_t column_end, void *panel) {}

void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, const float *x,
                 uint32_t *pairs) {}

void round_values(ptrdiff_t begin, ptrdiff_t end, float *x) {}

#endif
