// Vectors of 8 floats on AVX2 with FMA and F16C, under the names that the tile templates use
// (vector_avx512.h has the same for AVX-512).
#pragma once

#include <immintrin.h>
#include <string.h>

#include "weights.h"

#define VECTOR_TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE VECTOR_TARGET static inline __attribute__((always_inline))

typedef __m256 Vector;

/// The lanes that a masked load or store accesses.
typedef __m256i Lanes;

enum {
  /// Lanes of a vector.
  VECTOR = 8,
  /// Vectors per row of a register tile: 6 rows are 12 of 16 registers.
  TILE_VECTORS = 2,
  /// Rows of x at a time in a GEMM of few rows: 4 rows of W by 2 of x, or 8 by 1.
  FEW_ROWS = 2,
  FEW_ROWS_OF_8 = 1,
  /// From so many blocks of rows on, their 16-bit weights are widened once beforehand.
  WIDENED_BLOCKS = 2,
};

/// The first `count` lanes; all for more, none for less than 1.
INLINE Lanes first_lanes(ptrdiff_t count) {
  const int clamped = count >= 8 ? 8 : count <= 0 ? 0 : (int)count;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(clamped), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
}

INLINE Vector vector_zero(void) { return _mm256_setzero_ps(); }
INLINE Vector vector_of(float value) { return _mm256_set1_ps(value); }
INLINE Vector vector_load(const void *from) { return _mm256_loadu_ps(from); }
INLINE void vector_store(void *to, Vector a) { _mm256_storeu_ps(to, a); }

/// Other lanes are 0 and are not read.
INLINE Vector vector_load_lanes(Lanes lanes, const void *from) {
  return _mm256_maskload_ps(from, lanes);
}

/// Other lanes are not written.
INLINE void vector_store_lanes(void *to, Lanes lanes, Vector a) {
  _mm256_maskstore_ps(to, lanes, a);
}

INLINE Vector vector_add(Vector a, Vector b) { return _mm256_add_ps(a, b); }

/// a * b + c.
INLINE Vector vector_multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }

/// The first `count` of up to 8 weights as f32; other lanes are 0 and are not read.
INLINE Vector load_weights(const char *from, int element, ptrdiff_t count) {
  if (element == WEIGHT_F32)
    return count >= 8 ? vector_load(from) : vector_load_lanes(first_lanes(count), from);
  __m128i bits = _mm_setzero_si128();
  // There are no masked loads of 16-bit elements.
  if (count >= 8) bits = _mm_loadu_si128((const __m128i *)from);
  else if (count > 0) memcpy(&bits, from, (size_t)count * 2);
  return element == WEIGHT_F16
             ? _mm256_cvtph_ps(bits)
             : _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

/// Nothing: the compiler spills no accumulators, and a tile loses 5 % by an order of its loads.
INLINE void keep_loads_behind(void) {}

/// Transposes 8 rows of 8 words.
INLINE void transpose(Vector r[VECTOR]) {
  __m256 t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int half = 0; half < 2; half++) {
      r[i + 2 * half] = _mm256_shuffle_ps(t[i + half], t[i + half + 2], 0x44);
      r[i + 2 * half + 1] = _mm256_shuffle_ps(t[i + half], t[i + half + 2], 0xee);
    }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
  }
  for (int i = 0; i < 8; i++) r[i] = t[i];
}

/// The horizontal sums of four vectors.
INLINE __m128 horizontal_sums(Vector a, Vector b, Vector c, Vector d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  // Each 128-bit half holds partial sums of a, b, c, d.
  const __m256 all =
      _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
  return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}
