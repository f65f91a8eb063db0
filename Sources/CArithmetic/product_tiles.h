// What the two tiled products share: the walk over panels and tiles, and the turning of weights.
//
// Weights are stored once, row by row. A piece of 64 columns of y by up to 1024 summands (2048 of bf16) is copied to a panel
// that stays in the second cache, laid out in the order in which it is read, widened where it must be; then the rows of
// y go over it six at a time. A tile of 6 by 64 sums lives in registers: 24 of 32 vectors.
//
//            64 columns of y                   panel          d = 0: [ 64 weights ]
//            +-----------+                                    d = 1: [ 64 weights ]
//      6 rows| 24 vectors|  += x[6 rows, d]  outer                   ...
//            +-----------+
//
// Where y ends within the first half of a piece's columns, tiles are half as wide: 6 by 32 sums.
//
// While the last tiles of a panel are made, the weights of the next are asked for.
#pragma once

#include "product.h"
#include "weights.h"

#if defined(__x86_64__)
#define PRODUCT_HAS_X86 1

#include <immintrin.h>
#include <stdint.h>

#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,fma")))
#define TARGET_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,fma")))

enum { TILE_ROWS = 6, TILE_VECTORS = PRODUCT_PANEL_COLUMNS / 16 };

/// A tile of y, and what is fetched while it is made.
typedef struct Tile {
  float *y;
  ptrdiff_t stride;   // of y
  int rows;           // at most TILE_ROWS
  bool isHalf;        // only the first half of the columns are there
  const float *bias;  // NULL but for the first piece of the sum
  const float *from;  // what is added to, laid out as y; or NULL
  uint16_t columns[TILE_VECTORS];
  // Panel row d asks for the line `next + (d & mask) * step + (d >> shift) * 64`; 0 asks for none.
  uintptr_t next;
  ptrdiff_t step, mask;
  int shift;
} Tile;

/// A piece of the weights: columns of y by summands.
typedef struct Piece {
  ptrdiff_t column, columns, begin, depth;
} Piece;

/// How panels are laid out and multiplied.
typedef struct PanelKernel {
  int summands;  // in a row of a panel, and in a word of x
  /// Copies a piece to a panel; where `ahead`, asks for weights some way before it reads them.
  void (*pack)(const Product *product, Piece piece, bool ahead, void *panel);
  /// Adds x [rows, words], 4 bytes each and `stride` from row to row, times the panel to a tile.
  void (*multiply)(const Tile *tile, const void *x, ptrdiff_t stride, const void *panel,
                   ptrdiff_t words);
} PanelKernel;

extern const PanelKernel product_float_panels;
extern const PanelKernel product_bfloat16_panels;

static inline ptrdiff_t element_bytes(int element) { return element == WEIGHT_F32 ? 4 : 2; }

/// The first `count` of `lanes` lanes.
static inline uint32_t lanes_below(ptrdiff_t count, int lanes) {
  return count >= lanes ? (uint32_t)((1ull << lanes) - 1) : count <= 0 ? 0 : (1u << count) - 1;
}

/// 16 rows of 16 words become 16 columns.
TARGET_AVX512 static inline __attribute__((always_inline)) void turn(__m512 r[16]) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int half = 0; half < 2; half++) {
      const __m512d upper = _mm512_castps_pd(t[i + half]);
      const __m512d lower = _mm512_castps_pd(t[i + half + 2]);
      r[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(upper, lower));
      r[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(upper, lower));
    }
  for (int i = 0; i < 4; i++)
    for (int half = 0; half < 16; half += 8) {
      t[i + half] = _mm512_shuffle_f32x4(r[i + half], r[i + half + 4], 0x88);
      t[i + half + 4] = _mm512_shuffle_f32x4(r[i + half], r[i + half + 4], 0xdd);
    }
  for (int i = 0; i < 8; i++) {
    r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
  }
}

/// Asks for a line at an address that may lie outside of what is stored: nothing is read.
#define FETCH(BASE, OFFSET, LEVEL) \
  _mm_prefetch((const char *)((uintptr_t)(BASE) + (uintptr_t)(OFFSET)), LEVEL)

/// Asks for what panel row d of a tile fetches of the next panel: into the first cache, since the hint for the second brought
/// nothing on Zen 4.
TARGET_AVX512 static inline __attribute__((always_inline)) void fetch_weights(const Tile *tile,
                                                                              ptrdiff_t d) {
  if (tile->next)
    FETCH(tile->next, (d & tile->mask) * tile->step + (d >> tile->shift) * 64, _MM_HINT_T0);
}

/// Asks for the words from `d` on of the rows of x that the next tile reads.
TARGET_AVX512 static inline __attribute__((always_inline)) void fetch_rows(
    const void *x, const int rows, ptrdiff_t stride, ptrdiff_t d) {
  for (int r = 0; r < rows; r++) FETCH(x, ((rows + r) * stride + d) * 4, _MM_HINT_T0);
}

/// The sums that a tile of `vectors` vectors a row begins with.
TARGET_AVX512 static inline __attribute__((always_inline)) void begin_tile(
    const Tile *tile, const int rows, const int vectors, __m512 sums[TILE_ROWS][TILE_VECTORS]) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  if (tile->from)
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_maskz_loadu_ps(tile->columns[c], tile->from + r * tile->stride + 16 * c);
  if (tile->bias)
    for (int c = 0; c < vectors; c++) {
      const __m512 bias = _mm512_maskz_loadu_ps(tile->columns[c], tile->bias + 16 * c);
      for (int r = 0; r < rows; r++) sums[r][c] = _mm512_add_ps(bias, sums[r][c]);
    }
}

TARGET_AVX512 static inline __attribute__((always_inline)) void end_tile(
    const Tile *tile, const int rows, const int vectors, __m512 sums[TILE_ROWS][TILE_VECTORS]) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++)
      _mm512_mask_storeu_ps(tile->y + r * tile->stride + 16 * c, tile->columns[c], sums[r][c]);
}

#else
#define PRODUCT_HAS_X86 0
#endif
