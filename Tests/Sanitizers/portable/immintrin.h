// The AVX2 and AVX-512 intrinsics that CArithmetic uses, in plain C: element by element, so that a masked element is
// neither read nor written, and so that sanitizers see every access, on processors without AVX-512 too. Found before the compiler's own
// header where a build puts this folder first.
//
// Functions keep their `target` attribute in the product; here it must not take effect.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#define target(...) unused

/// Called, not inlined: the multiplications are unrolled many times over, and sanitizers make much of each.
#define INTRINSIC static __attribute__((noinline, unused))

typedef float __m128 __attribute__((vector_size(16)));
typedef long long __m128i __attribute__((vector_size(16)));
typedef float __m256 __attribute__((vector_size(32)));
typedef double __m256d __attribute__((vector_size(32)));
typedef long long __m256i __attribute__((vector_size(32)));
typedef float __m512 __attribute__((vector_size(64)));
typedef double __m512d __attribute__((vector_size(64)));
typedef long long __m512i __attribute__((vector_size(64)));
typedef uint16_t __m256bh __attribute__((vector_size(32)));
typedef uint16_t __m512bh __attribute__((vector_size(64)));
typedef uint8_t __mmask8;
typedef uint16_t __mmask16;
typedef uint32_t __mmask32;

// The same bits as integer elements.
typedef uint16_t Halves8 __attribute__((vector_size(16)));
typedef uint16_t Halves16 __attribute__((vector_size(32)));
typedef uint16_t Halves32 __attribute__((vector_size(64)));
typedef int32_t Words8 __attribute__((vector_size(32)));
typedef uint32_t Words16 __attribute__((vector_size(64)));

enum { _MM_HINT_T0, _MM_HINT_T1 };
#define _mm_prefetch(ADDRESS, HINT) ((void)(ADDRESS))

#define EACH(COUNT) for (int i = 0; i < (COUNT); i++)

/// Loads and stores of the lanes that a mask names; no alignment is asked for.
#define MASKED_LOAD(NAME, VECTOR, ELEMENTS, ELEMENT, COUNT, MASK)    \
  INTRINSIC VECTOR NAME(MASK mask, const void *from) {               \
    ELEMENTS result = {0};                                           \
    EACH(COUNT) if (mask >> i & 1) {                                 \
      ELEMENT element;                                               \
      memcpy(&element, (const char *)from + i * (int)sizeof element, \
             sizeof element);                                        \
      result[i] = element;                                           \
    }                                                                \
    return (VECTOR)result;                                           \
  }
#define MASKED_STORE(NAME, VECTOR, ELEMENTS, ELEMENT, COUNT, MASK)   \
  INTRINSIC void NAME(void *to, MASK mask, VECTOR vector) {          \
    const ELEMENTS elements = (ELEMENTS)vector;                      \
    EACH(COUNT) if (mask >> i & 1) {                                 \
      const ELEMENT element = elements[i];                           \
      memcpy((char *)to + i * (int)sizeof element, &element,         \
             sizeof element);                                        \
    }                                                                \
  }

MASKED_LOAD(first_floats4, __m128, __m128, float, 4, __mmask8)
MASKED_LOAD(first_floats8, __m256, __m256, float, 8, __mmask8)
MASKED_LOAD(first_halves8, __m128i, Halves8, uint16_t, 8, __mmask8)
MASKED_LOAD(_mm512_maskz_loadu_ps, __m512, __m512, float, 16, __mmask16)
MASKED_LOAD(_mm256_maskz_loadu_epi16, __m256i, Halves16, uint16_t, 16, __mmask16)
MASKED_LOAD(_mm512_maskz_loadu_epi16, __m512i, Halves32, uint16_t, 32, __mmask32)
MASKED_STORE(store_floats4, __m128, __m128, float, 4, __mmask8)
MASKED_STORE(store_floats8, __m256, __m256, float, 8, __mmask8)
MASKED_STORE(_mm512_mask_storeu_ps, __m512, __m512, float, 16, __mmask16)
MASKED_STORE(_mm512_mask_storeu_epi32, __m512i, Words16, uint32_t, 16, __mmask16)

INTRINSIC __m128 _mm_loadu_ps(const void *from) { return first_floats4(15, from); }
INTRINSIC __m128 _mm_load_ss(const void *from) { return first_floats4(1, from); }
INTRINSIC void _mm_storeu_ps(void *to, __m128 a) { store_floats4(to, 15, a); }
INTRINSIC void _mm_store_ss(void *to, __m128 a) { store_floats4(to, 1, a); }
INTRINSIC __m128i _mm_loadu_si128(const void *from) { return first_halves8(0xff, from); }

/// The sign bit of each word selects its lane.
INTRINSIC __mmask8 lanes_of(__m256i mask) {
  const Words8 words = (Words8)mask;
  __mmask8 lanes = 0;
  EACH(8) lanes |= (__mmask8)((words[i] < 0) << i);
  return lanes;
}
INTRINSIC __m256 _mm256_loadu_ps(const void *from) { return first_floats8(0xff, from); }
INTRINSIC void _mm256_storeu_ps(void *to, __m256 a) { store_floats8(to, 0xff, a); }
INTRINSIC __m256 _mm256_maskload_ps(const void *from, __m256i mask) {
  return first_floats8(lanes_of(mask), from);
}
INTRINSIC void _mm256_maskstore_ps(void *to, __m256i mask, __m256 a) {
  store_floats8(to, lanes_of(mask), a);
}

INTRINSIC __m512 _mm512_loadu_ps(const void *from) { return _mm512_maskz_loadu_ps(0xffff, from); }
INTRINSIC void _mm512_storeu_ps(void *to, __m512 a) { _mm512_mask_storeu_ps(to, 0xffff, a); }

// Through a pointer to the vector, whose alignment a sanitizer checks.
INTRINSIC __m512i _mm512_load_si512(const void *from) { return *(const __m512i *)from; }
INTRINSIC void _mm512_store_ps(void *to, __m512 a) { *(__m512 *)to = a; }
INTRINSIC void _mm512_store_si512(void *to, __m512i a) { *(__m512i *)to = a; }

INTRINSIC __m128i _mm_setzero_si128(void) { return (__m128i){0}; }
INTRINSIC __m256 _mm256_setzero_ps(void) { return (__m256){0}; }
INTRINSIC __m256 _mm256_set1_ps(float a) { return (__m256){0} + a; }
INTRINSIC __m256i _mm256_set1_epi32(int a) { return (__m256i)((Words8){0} + a); }
INTRINSIC __m256i _mm256_set_epi32(int h, int g, int f, int e, int d, int c, int b, int a) {
  return (__m256i)(Words8){a, b, c, d, e, f, g, h};
}
INTRINSIC __m256i _mm256_cmpgt_epi32(__m256i a, __m256i b) {
  return (__m256i)((Words8)a > (Words8)b);
}

INTRINSIC __m512 _mm512_setzero_ps(void) { return (__m512){0}; }
INTRINSIC __m512 _mm512_set1_ps(float a) { return (__m512){0} + a; }
INTRINSIC __m512i _mm512_set1_epi32(int a) { return (__m512i)((Words16){0} + (uint32_t)a); }
INTRINSIC __m512i _mm512_set1_epi16(short a) { return (__m512i)((Halves32){0} + (uint16_t)a); }
INTRINSIC __m512i _mm512_set_epi32(int p, int o, int n, int m, int l, int k, int j, int i, int h,
                                   int g, int f, int e, int d, int c, int b, int a) {
  const int words[16] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};
  __m512i result;
  memcpy(&result, words, sizeof result);
  return result;
}

INTRINSIC __m128 _mm_add_ps(__m128 a, __m128 b) { return a + b; }
INTRINSIC __m256 _mm256_add_ps(__m256 a, __m256 b) { return a + b; }
INTRINSIC __m512 _mm512_add_ps(__m512 a, __m512 b) { return a + b; }
INTRINSIC __m256 _mm256_fmadd_ps(__m256 a, __m256 b, __m256 c) { return a * b + c; }
INTRINSIC __m512 _mm512_fmadd_ps(__m512 a, __m512 b, __m512 c) { return a * b + c; }
INTRINSIC __m512i _mm512_or_si512(__m512i a, __m512i b) { return a | b; }
INTRINSIC __m512i _mm512_add_epi32(__m512i a, __m512i b) {
  return (__m512i)((Words16)a + (Words16)b);
}
INTRINSIC __m512i _mm512_add_epi16(__m512i a, __m512i b) {
  return (__m512i)((Halves32)a + (Halves32)b);
}
INTRINSIC __m256i _mm256_slli_epi32(__m256i a, int count) { return (__m256i)((Words8)a << count); }
INTRINSIC __m512i _mm512_slli_epi32(__m512i a, unsigned count) {
  return (__m512i)((Words16)a << count);
}

INTRINSIC __m512 _mm512_castpd_ps(__m512d a) { return (__m512)a; }
INTRINSIC __m512d _mm512_castps_pd(__m512 a) { return (__m512d)a; }
INTRINSIC __m512 _mm512_castsi512_ps(__m512i a) { return (__m512)a; }
INTRINSIC __m256 _mm256_castsi256_ps(__m256i a) { return (__m256)a; }
INTRINSIC __m256 _mm256_castpd_ps(__m256d a) { return (__m256)a; }
INTRINSIC __m256 _mm512_castps512_ps256(__m512 a) {
  __m256 result;
  memcpy(&result, &a, sizeof result);
  return result;
}
INTRINSIC __m128 _mm256_castps256_ps128(__m256 a) {
  __m128 result;
  memcpy(&result, &a, sizeof result);
  return result;
}
INTRINSIC __m128 _mm256_extractf128_ps(__m256 a, int half) {
  __m128 result;
  memcpy(&result, (const char *)&a + 16 * half, sizeof result);
  return result;
}
INTRINSIC __m256d _mm512_extractf64x4_pd(__m512d a, int half) {
  __m256d result;
  memcpy(&result, (const char *)&a + 32 * half, sizeof result);
  return result;
}

// Within each 4 floats, or 2 doubles.
INTRINSIC __m256 _mm256_unpacklo_ps(__m256 a, __m256 b) {
  __m256 result = {0};
  EACH(8) result[i] = (i & 1 ? b : a)[i / 4 * 4 + i % 4 / 2];
  return result;
}
INTRINSIC __m256 _mm256_unpackhi_ps(__m256 a, __m256 b) {
  __m256 result = {0};
  EACH(8) result[i] = (i & 1 ? b : a)[i / 4 * 4 + 2 + i % 4 / 2];
  return result;
}
INTRINSIC __m256 _mm256_shuffle_ps(__m256 a, __m256 b, int order) {
  __m256 result = {0};
  EACH(8) result[i] = (i % 4 < 2 ? a : b)[i / 4 * 4 + (order >> 2 * (i % 4) & 3)];
  return result;
}
/// Halves: each one of the two of a and the two of b.
INTRINSIC __m256 _mm256_permute2f128_ps(__m256 a, __m256 b, int order) {
  __m256 result = {0};
  EACH(8) {
    const int half = order >> i / 4 * 4 & 3;
    result[i] = (half < 2 ? a : b)[half % 2 * 4 + i % 4];
  }
  return result;
}
INTRINSIC __m512 _mm512_unpacklo_ps(__m512 a, __m512 b) {
  __m512 result = {0};
  EACH(16) result[i] = (i & 1 ? b : a)[i / 4 * 4 + i % 4 / 2];
  return result;
}
INTRINSIC __m512 _mm512_unpackhi_ps(__m512 a, __m512 b) {
  __m512 result = {0};
  EACH(16) result[i] = (i & 1 ? b : a)[i / 4 * 4 + 2 + i % 4 / 2];
  return result;
}
INTRINSIC __m512d _mm512_unpacklo_pd(__m512d a, __m512d b) {
  __m512d result = {0};
  EACH(8) result[i] = (i & 1 ? b : a)[i / 2 * 2];
  return result;
}
INTRINSIC __m512d _mm512_unpackhi_pd(__m512d a, __m512d b) {
  __m512d result = {0};
  EACH(8) result[i] = (i & 1 ? b : a)[i / 2 * 2 + 1];
  return result;
}
INTRINSIC __m512 _mm512_shuffle_ps(__m512 a, __m512 b, int order) {
  __m512 result = {0};
  EACH(16) result[i] = (i % 4 < 2 ? a : b)[i / 4 * 4 + (order >> 2 * (i % 4) & 3)];
  return result;
}
/// Quarters: two of a, two of b.
INTRINSIC __m512 _mm512_shuffle_f32x4(__m512 a, __m512 b, int order) {
  __m512 result = {0};
  EACH(16) result[i] = (i < 8 ? a : b)[(order >> 2 * (i / 4) & 3) * 4 + i % 4];
  return result;
}
INTRINSIC __m512i _mm512_permutex2var_epi16(__m512i a, __m512i index, __m512i b) {
  const Halves32 from = (Halves32)index, low = (Halves32)a, high = (Halves32)b;
  Halves32 result = {0};
  EACH(32) result[i] = (from[i] & 32 ? high : low)[from[i] & 31];
  return (__m512i)result;
}

INTRINSIC __m256i _mm256_cvtepu16_epi32(__m128i a) {
  const Halves8 from = (Halves8)a;
  Words8 result = {0};
  EACH(8) result[i] = from[i];
  return (__m256i)result;
}
INTRINSIC __m512i _mm512_cvtepu16_epi32(__m256i a) {
  const Halves16 from = (Halves16)a;
  Words16 result = {0};
  EACH(16) result[i] = from[i];
  return (__m512i)result;
}
INTRINSIC float float_of_half(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float size = exponent == 31 ? (fraction ? __builtin_nanf("") : __builtin_inff())
                     : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                                    : ldexpf((float)fraction, -24);
  return half >> 15 ? -size : size;
}
INTRINSIC __m256 _mm256_cvtph_ps(__m128i a) {
  const Halves8 from = (Halves8)a;
  __m256 result = {0};
  EACH(8) result[i] = float_of_half(from[i]);
  return result;
}
INTRINSIC __m512 _mm512_cvtph_ps(__m256i a) {
  const Halves16 from = (Halves16)a;
  __m512 result = {0};
  EACH(16) result[i] = float_of_half(from[i]);
  return result;
}

/// To nearest even.
INTRINSIC uint16_t bfloat16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}
INTRINSIC float float_of_bfloat16(uint16_t value) {
  const uint32_t bits = (uint32_t)value << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}
INTRINSIC __m256bh _mm512_cvtneps_pbh(__m512 a) {
  __m256bh result = {0};
  EACH(16) result[i] = bfloat16_of(a[i]);
  return result;
}
INTRINSIC __m512bh _mm512_cvtne2ps_pbh(__m512 high, __m512 low) {
  __m512bh result = {0};
  EACH(32) result[i] = bfloat16_of((i < 16 ? low : high)[i & 15]);
  return result;
}
INTRINSIC __m512 _mm512_dpbf16_ps(__m512 sums, __m512bh a, __m512bh b) {
  EACH(32) sums[i / 2] += float_of_bfloat16(a[i]) * float_of_bfloat16(b[i]);
  return sums;
}
