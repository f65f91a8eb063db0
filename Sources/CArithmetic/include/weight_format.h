// Storage formats of frozen weights: plain elements, and the blocks of GGML.
#pragma once
#include <stddef.h>

/// The numbers are those of ELEMENT in Kernels/dialect.h. A block of the last eight shares scales;
/// blocks lie along the rows of a matrix. Layouts: Sources/CArithmetic/weight_blocks.h.
enum {
  WEIGHT_F32 = 0,
  WEIGHT_BF16 = 1,
  WEIGHT_F16 = 2,
  WEIGHT_Q8_0 = 3,
  WEIGHT_Q4_0 = 4,
  WEIGHT_Q4_1 = 5,
  WEIGHT_Q5_0 = 6,
  WEIGHT_Q5_1 = 7,
  WEIGHT_Q4_K = 8,
  WEIGHT_Q5_K = 9,
  WEIGHT_Q6_K = 10,
};

/// Blocks are decoded in groups of this many elements; every block is a whole number of groups.
enum { WEIGHT_GROUP = 32 };

/// Elements of a block: 1 of the plain formats.
static inline ptrdiff_t weight_block_elements(int format) {
  return format < WEIGHT_Q8_0 ? 1 : format < WEIGHT_Q4_K ? 32 : 256;
}

/// Bytes of a block.
static inline ptrdiff_t weight_block_bytes(int format) {
  switch (format) {
    case WEIGHT_F32: return 4;
    case WEIGHT_Q8_0: return 34;
    case WEIGHT_Q4_0: return 18;
    case WEIGHT_Q4_1: return 20;
    case WEIGHT_Q5_0: return 22;
    case WEIGHT_Q5_1: return 24;
    case WEIGHT_Q4_K: return 144;
    case WEIGHT_Q5_K: return 176;
    case WEIGHT_Q6_K: return 210;
    default: return 2;
  }
}

/// Bytes of `count` elements, which are whole blocks.
static inline ptrdiff_t weight_bytes(int format, ptrdiff_t count) {
  return count / weight_block_elements(format) * weight_block_bytes(format);
}
