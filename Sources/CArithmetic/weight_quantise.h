// Quantisation to Q8_0 and Q4_0, bit for bit as gguf.quants in Python computes it; layouts:
// weight_blocks.h.
//
//     Q8_0   d = largest |x| / 127,   q = x / d rounded, ties away from 0
//     Q4_0   d = x of the largest |x| / -8,   q = min(15, x / d + 8.5 without its fraction)
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "half.h"
#include "wide.h"

/// The reciprocal of d; 0 where it is infinite, which happens only where d rounds to 0 in f16.
INLINE float reciprocal_scale(float d) {
  const float reciprocal = 1.0f / d;
  return __builtin_fabsf(reciprocal) <= 3.4028234e38f ? reciprocal : 0.0f;
}

/// The element of the largest magnitude, the first of several; NaN if any is NaN.
INLINE float extreme_of(const float *x) {
  float extreme = x[0];
  for (int i = 1; i < 32; i++)
    extreme = __builtin_fabsf(x[i]) <= __builtin_fabsf(extreme) ? extreme : x[i];
  for (int i = 0; i < 32; i++) extreme = x[i] == x[i] ? extreme : x[i];
  return extreme;
}

/// Stores the scale of a block. False if it is not finite.
INLINE bool store_scale(float d, uint8_t *block) {
  const uint16_t half = narrow_half(d);
  memcpy(block, &half, 2);
  return (half & 0x7c00u) != 0x7c00u;
}

INLINE bool quantise_q8_0(const float *x, uint8_t *block) {
#pragma clang fp contract(off)
  const float d = __builtin_fabsf(extreme_of(x)) / 127.0f;
  if (!store_scale(d, block)) return false;
  const float reciprocal = reciprocal_scale(d);
  for (int i = 0; i < 32; i++) {
    const float scaled = x[i] * reciprocal;
    const float magnitude = __builtin_fabsf(scaled);
    const int whole = (int)magnitude;
    const int rounded = whole + (magnitude - (float)whole >= 0.5f);
    block[2 + i] = (uint8_t)(scaled < 0 ? -rounded : rounded);
  }
  return true;
}

INLINE bool quantise_q4_0(const float *x, uint8_t *block) {
#pragma clang fp contract(off)
  const float d = extreme_of(x) / -8.0f;
  if (!store_scale(d, block)) return false;
  const float reciprocal = reciprocal_scale(d);
  uint8_t quants[32];
  for (int i = 0; i < 32; i++) {
    const float scaled = x[i] * reciprocal;
    const int quant = (int)(scaled + 8.5f);
    quants[i] = (uint8_t)(quant > 15 ? 15 : quant);
  }
  for (int i = 0; i < 16; i++) block[2 + i] = (uint8_t)(quants[i] | quants[16 + i] << 4);
  return true;
}
