// The tiled GEMM that both micro-kernels share: the loop over packed panels and register tiles,
// transposition and prefetching.
//
// Weights are stored once, row by row. A block of W, 64 columns of y by up to 1024 K elements (2048
// of bf16), is widened and packed into a panel that stays in L2. Then register tiles of 6 rows of y
// by 64 columns, 24 of 32 vector registers, run over the panel.
//
//            64 columns of y                   panel          d = 0: [ 64 weights ]
//            +-----------+                                    d = 1: [ 64 weights ]
//      6 rows| 24 vectors|  += x[6 rows, d]  outer                   ...
//            +-----------+
//
// If y ends within the first half of a block's columns, tiles are half as wide: 6 by 32.
//
// The last tiles of a panel prefetch the weights of the next panel.
#pragma once

#include "matmul.h"
#include "weights.h"

#if defined(__x86_64__)
#define MATMUL_HAS_X86 1

#include <immintrin.h>
#include <stdint.h>

#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,fma")))
#define TARGET_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,fma")))

enum { TILE_ROWS = 6, TILE_VECTORS = MATMUL_PANEL_COLUMNS / 16 };

/// A register tile of y, and the lines that it prefetches.
typedef struct Tile {
  float *y;
  ptrdiff_t stride;   // of y
  int rows;           // at most TILE_ROWS
  bool isHalf;        // only the first half of the columns exists
  const float *bias;  // NULL except for the first block of K
  const float *from;  // addend, laid out as y; or NULL
  uint16_t columns[TILE_VECTORS];
  // Panel row d prefetches the line `next + (d & mask) * step + (d >> shift) * 64`; none if next is
  // 0.
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
  /// Packs a block into a panel. `ahead` prefetches weights before they are read.
  void (*pack)(const Matmul *matmul, WeightBlock block, bool ahead, void *panel);
  /// Adds x [rows, panel_rows] times the panel to a tile; x is 4-byte words with row stride
  /// `stride`.
  void (*multiply)(const Tile *tile, const void *x, ptrdiff_t stride, const void *panel,
                   ptrdiff_t panel_rows);
} PanelKernel;

extern const PanelKernel matmul_float_panels;
extern const PanelKernel matmul_bfloat16_panels;

static inline ptrdiff_t element_bytes(int element) { return element == WEIGHT_F32 ? 4 : 2; }

/// The first `count` of `lanes` lanes.
static inline uint32_t lanes_below(ptrdiff_t count, int lanes) {
  return count >= lanes ? (uint32_t)((1ull << lanes) - 1) : count <= 0 ? 0 : (1u << count) - 1;
}

/// 16 bf16 numbers as f32.
TARGET_AVX512 static inline __attribute__((always_inline)) __m512 widen16_bfloat16(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// Up to 16 weights as f32. Masked lanes are 0 and are not read.
TARGET_AVX512 static inline __attribute__((always_inline)) __m512 load_weights(const char *from,
                                                                               int element,
                                                                               __mmask16 lanes) {
  if (element == WEIGHT_F32) return _mm512_maskz_loadu_ps(lanes, from);
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, from);
  return element == WEIGHT_F16 ? _mm512_cvtph_ps(bits) : widen16_bfloat16(bits);
}

/// Transposes 16 rows of 16 words.
TARGET_AVX512 static inline __attribute__((always_inline)) void transpose(__m512 r[16]) {
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

/// Prefetches a line. The address may be out of bounds: prefetches do not fault.
#define PREFETCH(BASE, OFFSET, LEVEL) \
  _mm_prefetch((const char *)((uintptr_t)(BASE) + (uintptr_t)(OFFSET)), LEVEL)

/// Prefetches the line of the next panel that belongs to panel row d of this tile. Into L1: the L2
/// hint had no effect on Zen 4.
TARGET_AVX512 static inline __attribute__((always_inline)) void prefetch_weights(const Tile *tile,
                                                                              ptrdiff_t d) {
  if (tile->next)
    PREFETCH(tile->next, (d & tile->mask) * tile->step + (d >> tile->shift) * 64, _MM_HINT_T0);
}

/// Prefetches the rows of x of the next tile, from column `d`.
TARGET_AVX512 static inline __attribute__((always_inline)) void prefetch_x(
    const void *x, const int rows, ptrdiff_t stride, ptrdiff_t d) {
  for (int r = 0; r < rows; r++) PREFETCH(x, ((rows + r) * stride + d) * 4, _MM_HINT_T0);
}

/// Initial accumulators of a register tile: bias plus addend.
TARGET_AVX512 static inline __attribute__((always_inline)) void load_accumulators(
    const Tile *tile, const int rows, const int vectors, __m512 sums[TILE_ROWS][TILE_VECTORS]) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  if (tile->from)
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < vectors; c++)
        sums[r][c] =
            _mm512_maskz_loadu_ps(tile->columns[c], tile->from + r * tile->stride + 16 * c);
  if (tile->bias)
    for (int c = 0; c < vectors; c++) {
      const __m512 bias = _mm512_maskz_loadu_ps(tile->columns[c], tile->bias + 16 * c);
      for (int r = 0; r < rows; r++) sums[r][c] = _mm512_add_ps(bias, sums[r][c]);
    }
}

TARGET_AVX512 static inline __attribute__((always_inline)) void store_accumulators(
    const Tile *tile, const int rows, const int vectors, __m512 sums[TILE_ROWS][TILE_VECTORS]) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++)
      _mm512_mask_storeu_ps(tile->y + r * tile->stride + 16 * c, tile->columns[c], sums[r][c]);
}

#else
#define MATMUL_HAS_X86 0
#endif
