// Vectors of 16 floats on AVX-512, under the names that the tile templates use (vector_avx2.h has
// the same for AVX2).
#pragma once

#include <immintrin.h>

#include "weights.h"

#define VECTOR_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,fma")))
#define INLINE VECTOR_TARGET static inline __attribute__((always_inline))

typedef __m512 Vector;

/// The lanes that a masked load or store accesses.
typedef __mmask16 Lanes;

enum {
  /// Lanes of a vector.
  VECTOR = 16,
  /// Vectors per row of a register tile: 6 rows are 24 of 32 registers.
  TILE_VECTORS = 4,
  /// Rows of x at a time in a GEMM of few rows: 4 rows of W by 5 of x, or 8 by 3.
  FEW_ROWS = 5,
  FEW_ROWS_OF_8 = 3,
  /// From so many blocks of rows on, their 16-bit weights are widened once beforehand: never, since
  /// they fit in 32 registers.
  WIDENED_BLOCKS = 1 << 30,
};

/// The first `count` lanes; all for more, none for less than 1.
INLINE Lanes first_lanes(ptrdiff_t count) {
  return (Lanes)(count >= 16 ? 0xffff : count <= 0 ? 0 : (1u << count) - 1);
}

INLINE Vector vector_zero(void) { return _mm512_setzero_ps(); }
INLINE Vector vector_of(float value) { return _mm512_set1_ps(value); }
INLINE Vector vector_load(const void *from) { return _mm512_loadu_ps(from); }
INLINE void vector_store(void *to, Vector a) { _mm512_storeu_ps(to, a); }

/// Other lanes are 0 and are not read.
INLINE Vector vector_load_lanes(Lanes lanes, const void *from) {
  return _mm512_maskz_loadu_ps(lanes, from);
}

/// Other lanes are not written.
INLINE void vector_store_lanes(void *to, Lanes lanes, Vector a) {
  _mm512_mask_storeu_ps(to, lanes, a);
}

INLINE Vector vector_add(Vector a, Vector b) { return _mm512_add_ps(a, b); }

/// a * b + c.
INLINE Vector vector_multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }

/// 16 bf16 numbers as f32.
INLINE Vector widen_bfloat16_bits(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// The first `count` of up to 16 weights as f32; other lanes are 0 and are not read.
INLINE Vector load_weights(const char *from, int element, ptrdiff_t count) {
  const Lanes lanes = first_lanes(count);
  if (element == WEIGHT_F32) return _mm512_maskz_loadu_ps(lanes, from);
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, from);
  return element == WEIGHT_F16 ? _mm512_cvtph_ps(bits) : widen_bfloat16_bits(bits);
}

/// Keeps loads behind it: the compiler would load the factors of all rows first, and there are too
/// few registers for them beside 24 accumulators.
INLINE void keep_loads_behind(void) { __asm__ volatile("" ::: "memory"); }

/// Transposes 16 rows of 16 words.
INLINE void transpose(Vector r[VECTOR]) {
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

/// The horizontal sums of four vectors.
INLINE __m128 horizontal_sums(Vector a, Vector b, Vector c, Vector d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  // Each 128-bit quarter holds partial sums of a, b, c, d.
  const __m512 all =
      _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
  const __m256 half = _mm256_add_ps(
      _mm512_castps512_ps256(all),
      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1)));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}
