// Decoders of GGML's blocks, 32 elements at a time, bit for bit as gguf.quants in Python computes
// them: a product and a sum are rounded one after the other. Source of the layouts: ggml-common.h
// of ggml. d, m: scale and minimum, f16; q: quantised element i of a block; bytes in this order:
//
//     Q8_0   32 elements   d[2]  q[32] int8                               d q
//     Q4_0   32 elements   d[2]  nibbles[16]                              d (q - 8)
//     Q4_1   32 elements   d[2]  m[2]  nibbles[16]                        d q + m
//     Q5_0   32 elements   d[2]  high[4]  nibbles[16]                     d (q - 16)
//     Q5_1   32 elements   d[2]  m[2]  high[4]  nibbles[16]               d q + m
//     Q4_K  256 elements   d[2]  m[2]  scales[12]  nibbles[128]           (d s_g) q - (m m_g)
//     Q5_K  256 elements   d[2]  m[2]  scales[12]  high[32]  nibbles[128] (d s_g) q - (m m_g)
//     Q6_K  256 elements   nibbles[128]  high[64]  s[16] int8  d[2]       (d s) (q - 32)
//
// Blocks of 32: the low nibble of byte i is element i, the high nibble element i + 16; bit i of
// `high` is bit 4 of element i. Q4_K and Q5_K: group g of 32 elements has the low (g even) or high
// (g odd) nibbles of 32 bytes from 32 (g / 2); bit g of byte i of `high` is bit 4 of its element i.
// s_g and m_g have 6 bits: `scales`, below. Q6_K: each half of 128 elements has 64 bytes of nibbles
// and 32 of `high`; group j of a half has the low (j < 2) or high nibbles of 32 bytes from
// 32 (j % 2), and bits 2 j, 2 j + 1 of `high`; 16 elements share an s.
#pragma once
#include <stdint.h>
#include <string.h>

#include "half.h"
#include "weight_format.h"
#include "wide.h"

/// Sixteen elements at a time, whatever the processor's vectors.
typedef uint8_t Bytes16 __attribute__((vector_size(16)));
typedef int8_t SignedBytes16 __attribute__((vector_size(16)));
typedef int32_t Words16 __attribute__((vector_size(64)));
typedef float Floats16 __attribute__((vector_size(64)));

INLINE float half_at(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  return widen_half(half);
}

/// Stores scale * q + offset, each step rounded.
#define STORE_AFFINE(TO, QUANTS, SCALE, OFFSET)                             \
  do {                                                                      \
    const Floats16 scaled = __builtin_convertvector(QUANTS, Floats16) * (SCALE); \
    const Floats16 values = scaled + (OFFSET);                              \
    memcpy(TO, &values, sizeof values);                                     \
  } while (0)

/// Stores scale * q.
#define STORE_SCALED(TO, QUANTS, SCALE)                                     \
  do {                                                                      \
    const Floats16 values = __builtin_convertvector(QUANTS, Floats16) * (SCALE); \
    memcpy(TO, &values, sizeof values);                                     \
  } while (0)

#define LOAD_BYTES(NAME, FROM) \
  Bytes16 NAME;                \
  memcpy(&NAME, FROM, sizeof NAME)

#define WORDS(BYTES) __builtin_convertvector(BYTES, Words16)

INLINE void decode_q8_0(const uint8_t *block, float *to) {
#pragma clang fp contract(off)
  const float d = half_at(block);
  for (int part = 0; part < 2; part++) {
    SignedBytes16 quants;
    memcpy(&quants, block + 2 + 16 * part, sizeof quants);
    STORE_SCALED(to + 16 * part, WORDS(quants), d);
  }
}

INLINE void decode_q4_0(const uint8_t *block, float *to) {
#pragma clang fp contract(off)
  const float d = half_at(block);
  LOAD_BYTES(nibbles, block + 2);
  STORE_SCALED(to, WORDS(nibbles & 15) - 8, d);
  STORE_SCALED(to + 16, WORDS(nibbles >> 4) - 8, d);
}

INLINE void decode_q4_1(const uint8_t *block, float *to) {
#pragma clang fp contract(off)
  const float d = half_at(block), m = half_at(block + 2);
  LOAD_BYTES(nibbles, block + 4);
  STORE_AFFINE(to, WORDS(nibbles & 15), d, m);
  STORE_AFFINE(to + 16, WORDS(nibbles >> 4), d, m);
}

/// Sets bit 4 of sixteen elements: bits `first` ..< first + 16 of `high`.
INLINE void set_fifth_bits(const uint8_t *high, int first, Words16 *quants) {
  uint32_t bits;
  memcpy(&bits, high, 4);
  const Words16 lanes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                         32768};
  const Words16 all = lanes * 0 + (int32_t)(bits >> first & 0xffff);
  *quants |= ((all & lanes) != 0) & 16;
}

INLINE void decode_q5_0(const uint8_t *block, float *to) {
#pragma clang fp contract(off)
  const float d = half_at(block);
  LOAD_BYTES(nibbles, block + 6);
  Words16 lower = WORDS(nibbles & 15), upper = WORDS(nibbles >> 4);
  set_fifth_bits(block + 2, 0, &lower);
  set_fifth_bits(block + 2, 16, &upper);
  STORE_SCALED(to, lower - 16, d);
  STORE_SCALED(to + 16, upper - 16, d);
}

INLINE void decode_q5_1(const uint8_t *block, float *to) {
#pragma clang fp contract(off)
  const float d = half_at(block), m = half_at(block + 2);
  LOAD_BYTES(nibbles, block + 8);
  Words16 lower = WORDS(nibbles & 15), upper = WORDS(nibbles >> 4);
  set_fifth_bits(block + 4, 0, &lower);
  set_fifth_bits(block + 4, 16, &upper);
  STORE_AFFINE(to, lower, d, m);
  STORE_AFFINE(to + 16, upper, d, m);
}

/// Scale and negated minimum of group `group` of Q4_K and Q5_K. Groups 0 to 3 have the low six bits
/// of bytes group and group + 4 of `scales`; groups 4 to 7 the nibbles of byte group + 4, and as
/// their upper bits the upper two of bytes group - 4 and group.
INLINE void group_scales(const uint8_t *block, ptrdiff_t group, float *scale, float *offset) {
#pragma clang fp contract(off)
  const uint8_t *scales = block + 4;
  const int s = group < 4 ? scales[group] & 63
                          : (scales[group + 4] & 15) | (scales[group - 4] >> 6) << 4;
  const int m = group < 4 ? scales[group + 4] & 63
                          : scales[group + 4] >> 4 | (scales[group] >> 6) << 4;
  *scale = half_at(block) * (float)s;
  *offset = -(half_at(block + 2) * (float)m);
}

INLINE void decode_q4_k(const uint8_t *block, ptrdiff_t group, float *to) {
#pragma clang fp contract(off)
  float d, m;
  group_scales(block, group, &d, &m);
  for (int part = 0; part < 2; part++) {
    LOAD_BYTES(nibbles, block + 16 + 32 * (group / 2) + 16 * part);
    const Bytes16 quants = group % 2 ? nibbles >> 4 : nibbles & 15;
    STORE_AFFINE(to + 16 * part, WORDS(quants), d, m);
  }
}

INLINE void decode_q5_k(const uint8_t *block, ptrdiff_t group, float *to) {
#pragma clang fp contract(off)
  float d, m;
  group_scales(block, group, &d, &m);
  const uint8_t bit = (uint8_t)(1 << group);
  for (int part = 0; part < 2; part++) {
    LOAD_BYTES(high, block + 16 + 16 * part);
    LOAD_BYTES(nibbles, block + 48 + 32 * (group / 2) + 16 * part);
    const Bytes16 low = group % 2 ? nibbles >> 4 : nibbles & 15;
    const Bytes16 quants = low | ((Bytes16)((high & bit) != 0) & 16);
    STORE_AFFINE(to + 16 * part, WORDS(quants), d, m);
  }
}

INLINE void decode_q6_k(const uint8_t *block, ptrdiff_t group, float *to) {
#pragma clang fp contract(off)
  const ptrdiff_t half = group / 4, j = group % 4;
  const float d = half_at(block + 208);
  const int8_t *scales = (const int8_t *)block + 192 + 2 * group;
  for (int part = 0; part < 2; part++) {
    LOAD_BYTES(nibbles, block + 64 * half + 32 * (j % 2) + 16 * part);
    LOAD_BYTES(high, block + 128 + 32 * half + 16 * part);
    const Bytes16 low = j < 2 ? nibbles & 15 : nibbles >> 4;
    const Bytes16 quants = low | (high >> (uint8_t)(2 * j) & 3) << 4;
    STORE_SCALED(to + 16 * part, WORDS(quants) - 32, d * (float)scales[part]);
  }
}

/// Decodes `count` elements of a row of blocks from element `first`; both are multiples of
/// WEIGHT_GROUP. `format` is a constant of the caller.
INLINE void decode_groups(const uint8_t *row, const int format, ptrdiff_t first, ptrdiff_t count,
                          float *to) {
  const ptrdiff_t groups = weight_block_elements(format) / WEIGHT_GROUP;
  const ptrdiff_t bytes = weight_block_bytes(format);
  for (ptrdiff_t i = 0; i < count; i += WEIGHT_GROUP) {
    const ptrdiff_t index = (first + i) / WEIGHT_GROUP;
    const uint8_t *block = row + index / groups * bytes;
    const ptrdiff_t group = index % groups;
    switch (format) {
      case WEIGHT_Q8_0: decode_q8_0(block, to + i); break;
      case WEIGHT_Q4_0: decode_q4_0(block, to + i); break;
      case WEIGHT_Q4_1: decode_q4_1(block, to + i); break;
      case WEIGHT_Q5_0: decode_q5_0(block, to + i); break;
      case WEIGHT_Q5_1: decode_q5_1(block, to + i); break;
      case WEIGHT_Q4_K: decode_q4_k(block, group, to + i); break;
      case WEIGHT_Q5_K: decode_q5_k(block, group, to + i); break;
      default: decode_q6_k(block, group, to + i); break;
    }
  }
}
