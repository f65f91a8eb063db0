// GEMM micro-kernel for bf16 weights and activations rounded to bf16, on AVX512-BF16. A dot-product
// instruction adds two K elements to each of 16 f32 accumulators, so a row of a packed panel is 64
// K pairs of weights.
#include "tile_kernels.h"

#if defined(__x86_64__)

#include "vector_avx512.h"
// The template.
#include "register_tile.h"

#define TARGET_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,fma")))
#define INLINE_BFLOAT16 TARGET_BFLOAT16 static inline __attribute__((always_inline))

/// The first `count` of 32 lanes.
INLINE __mmask32 first_pair_lanes(ptrdiff_t count) {
  return count >= 32 ? 0xffffffffu : count <= 0 ? 0 : (1u << count) - 1;
}

/// Packs a block of W^T: transposes 16 rows of 16 K pairs at a time.
TARGET_BFLOAT16 static void pack_forward(const Matmul *matmul, WeightBlock block, bool ahead,
                                         uint32_t *panel) {
  const ptrdiff_t row_bytes = matmul->inner * 2;
  const char *weight = (const char *)matmul->weight + block.column * row_bytes + block.begin * 2;
  for (ptrdiff_t c = 0; c < block.columns; c += 16) {
    const char *from = weight + c * row_bytes;
    for (ptrdiff_t d = 0; d < block.inner; d += 32) {
      const __mmask32 lanes = first_pair_lanes(block.inner - d);
      __m512 vectors[16];
      for (int i = 0; i < 16; i++) {
        const bool inside = c + i < block.columns;
        vectors[i] = _mm512_castsi512_ps(
            _mm512_maskz_loadu_epi16(inside ? lanes : 0, from + i * row_bytes + d * 2));
        if (ahead) PREFETCH(from, (i + 16) * row_bytes + d * 2, _MM_HINT_T0);
      }
      transpose(vectors);
      const ptrdiff_t pairs = (block.inner - d + 1) / 2;
      const int k_count = pairs < 16 ? (int)pairs : 16;
      uint32_t *to = panel + d / 2 * TILE_COLUMNS + c;
      if (k_count == 16)
        for (int i = 0; i < 16; i++) _mm512_store_ps(to + i * TILE_COLUMNS, vectors[i]);
      else
        for (int i = 0; i < k_count; i++)
          _mm512_store_ps(to + i * TILE_COLUMNS, vectors[i]);
    }
  }
}

/// Packs a block of W: interleaves two rows of W to one row of the panel.
TARGET_BFLOAT16 static void pack_backward(const Matmul *matmul, WeightBlock block, bool ahead,
                                          uint32_t *panel) {
  enum { ROWS_AHEAD = 32 };
  const ptrdiff_t row_bytes = matmul->width * 2;
  // Indices that interleave elements 0 ..< 16 of the lower and the upper row; then 16 ..< 32.
  const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i left =
      _mm512_or_si512(count, _mm512_slli_epi32(_mm512_add_epi32(count, _mm512_set1_epi32(32)), 16));
  const __m512i right = _mm512_add_epi16(left, _mm512_set1_epi16(16));
  for (ptrdiff_t d = 0; d < block.inner; d += 2) {
    const char *from = (const char *)matmul->weight + (block.begin + d) * row_bytes +
                       block.column * 2;
    for (int half = 0; half < 2; half++) {
      const __mmask32 lanes = first_pair_lanes(block.columns - 32 * half);
      const char *pair = from + 64 * half;
      const __m512i lower = _mm512_maskz_loadu_epi16(lanes, pair);
      const __m512i upper =
          _mm512_maskz_loadu_epi16(d + 1 < block.inner ? lanes : 0, pair + row_bytes);
      uint32_t *to = panel + d / 2 * TILE_COLUMNS + 32 * half;
      _mm512_store_si512(to, _mm512_permutex2var_epi16(lower, left, upper));
      _mm512_store_si512(to + 16, _mm512_permutex2var_epi16(lower, right, upper));
      if (ahead)
        for (int row = ROWS_AHEAD; row < ROWS_AHEAD + 2; row++)
          PREFETCH(pair, row * row_bytes, _MM_HINT_T0);
    }
  }
}

static void pack(const Matmul *matmul, WeightBlock block, bool ahead, void *panel) {
  if (matmul->backward) pack_backward(matmul, block, ahead, panel);
  else pack_forward(matmul, block, ahead, panel);
}

TARGET_BFLOAT16 void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t inner, const float *x,
                                 uint32_t *pairs) {
  const ptrdiff_t row_pairs = pair_count(inner);
  for (ptrdiff_t row = begin; row < end; row++)
    for (ptrdiff_t d = 0; d < inner; d += 32) {
      const float *from = x + row * inner + d;
      const __m512 low = _mm512_maskz_loadu_ps(first_lanes(inner - d), from);
      const __m512 high =
          _mm512_maskz_loadu_ps(first_lanes(inner - d - 16), from + 16);
      _mm512_mask_storeu_epi32(pairs + row * row_pairs + d / 2,
                               first_lanes(row_pairs - d / 2),
                               (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

TARGET_BFLOAT16 void round_values(ptrdiff_t begin, ptrdiff_t end, float *x) {
  for (ptrdiff_t i = begin; i < end; i += 16) {
    const __mmask16 lanes = first_lanes(end - i);
    const __m256i bits = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + i));
    _mm512_mask_storeu_ps(x + i, lanes, widen_bfloat16_bits(bits));
  }
}

INLINE_BFLOAT16 void multiply_rows(const int rows, const int vectors, const Tile *tile,
                                   const uint32_t *x, ptrdiff_t stride, const uint32_t *panel,
                                   ptrdiff_t panel_rows) {
  Vector sums[TILE_ROWS][TILE_VECTORS];
  load_accumulators(tile, rows, vectors, sums);
  for (ptrdiff_t p = 0; p < panel_rows; p++) {
    prefetch_weights(tile, p);
    if (p % 16 == 0) prefetch_x(x, rows, stride, p);
    __m512bh weights[TILE_VECTORS];
    for (int c = 0; c < vectors; c++)
      weights[c] = (__m512bh)_mm512_load_si512(panel + p * TILE_COLUMNS + 16 * c);
    for (int r = 0; r < rows; r++) {
      const __m512bh factor = (__m512bh)_mm512_set1_epi32((int)x[r * stride + p]);
      for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_dpbf16_ps(sums[r][c], factor, weights[c]);
    }
  }
  store_accumulators(tile, rows, vectors, sums);
}

INLINE_BFLOAT16 void multiply_width(const int vectors, const Tile *tile, const uint32_t *x,
                                    ptrdiff_t stride, const uint32_t *panel,
                                    ptrdiff_t panel_rows) {
  switch (tile->rows) {
    case 1: multiply_rows(1, vectors, tile, x, stride, panel, panel_rows); break;
    case 2: multiply_rows(2, vectors, tile, x, stride, panel, panel_rows); break;
    case 3: multiply_rows(3, vectors, tile, x, stride, panel, panel_rows); break;
    case 4: multiply_rows(4, vectors, tile, x, stride, panel, panel_rows); break;
    case 5: multiply_rows(5, vectors, tile, x, stride, panel, panel_rows); break;
    default: multiply_rows(6, vectors, tile, x, stride, panel, panel_rows); break;
  }
}

TARGET_BFLOAT16 static void multiply(const Tile *tile, const void *x, ptrdiff_t stride,
                                     const void *panel, ptrdiff_t panel_rows) {
  if (tile->columns <= TILE_COLUMNS / 2)
    multiply_width(TILE_VECTORS / 2, tile, x, stride, panel, panel_rows);
  else multiply_width(TILE_VECTORS, tile, x, stride, panel, panel_rows);
}

const PanelKernel bfloat16_panels = {2, TILE_COLUMNS, pack, multiply};

#endif
