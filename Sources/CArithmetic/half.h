// Conversions of the 16-bit floating-point types by integer arithmetic, which vectorises on every
// processor. bf16 is the upper half of an f32; f16 is IEEE binary16. Register tiles convert with
// intrinsics (vector_avx512.h, vector_avx2.h).
#pragma once
#include <stdint.h>
#include <string.h>

#include "wide.h"

INLINE uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

INLINE float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE float widen_bfloat16(uint16_t bits) { return float_of((uint32_t)bits << 16); }

/// Rounds to nearest even; NaN stays NaN.
INLINE uint16_t narrow_bfloat16(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : rounded);
}

/// Exponent and fraction, shifted to their f32 position, are the number times 2^-112. One
/// multiplication corrects normal and subnormal numbers; infinity and NaN are handled separately.
INLINE float widen_half(uint16_t half) {
  const uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  const uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
  const uint32_t wide = magnitude >= 0x0f800000u ? 0x7f800000u | magnitude : finite;
  return float_of((uint32_t)(half & 0x8000) << 16 | wide);
}

/// Rounds to nearest even, above 65519.99 to infinity; NaN stays NaN.
INLINE uint16_t narrow_half(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t magnitude = bits & 0x7fffffffu;
  const uint32_t normal = (magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1)) >> 13;
  // Adding 0.5 rounds a number below 2^-14 to the bits of a subnormal half.
  const uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
  uint32_t half = magnitude < 113u << 23 ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  return (uint16_t)(bits >> 16 & 0x8000u) | (uint16_t)half;
}
