// weight_blocks.h - weights stored in blocks of GGML, for ELEMENT 3 to 10: the same accessors as in
// dialect.h. Included after it.
//
// Every format is scale * (q - ZERO) + offset with q in 0 ..< 256; the layouts of blocks stand in
// Sources/CArithmetic/weight_blocks.h. Rows of a matrix are whole blocks, so an index into the
// matrix gives the block and the element of it. Blocks begin at even addresses. Index and count of
// a load of 4 or 16 elements are multiples of it.

#if ELEMENT > ELEMENT_F16

typedef uchar Stored;

#if ELEMENT >= ELEMENT_Q4_K
#define BLOCK 256
#else
#define BLOCK 32
#endif

// Bytes of a block; bytes before the nibbles, or before the int8 of Q8_0; bytes before the upper
// bits; the number that stands for 0; whether there is a minimum.
#if ELEMENT == ELEMENT_Q8_0
#define BLOCK_BYTES 34
#define LOW 2
#define ZERO 128
#define HAS_MINIMUM 0
#elif ELEMENT == ELEMENT_Q4_0
#define BLOCK_BYTES 18
#define LOW 2
#define ZERO 8
#define HAS_MINIMUM 0
#elif ELEMENT == ELEMENT_Q4_1
#define BLOCK_BYTES 20
#define LOW 4
#define ZERO 0
#define HAS_MINIMUM 1
#elif ELEMENT == ELEMENT_Q5_0
#define BLOCK_BYTES 22
#define LOW 6
#define HIGH 2
#define ZERO 16
#define HAS_MINIMUM 0
#elif ELEMENT == ELEMENT_Q5_1
#define BLOCK_BYTES 24
#define LOW 8
#define HIGH 4
#define ZERO 0
#define HAS_MINIMUM 1
#elif ELEMENT == ELEMENT_Q4_K
#define BLOCK_BYTES 144
#define LOW 16
#define ZERO 0
#define HAS_MINIMUM 1
#elif ELEMENT == ELEMENT_Q5_K
#define BLOCK_BYTES 176
#define LOW 48
#define HIGH 16
#define ZERO 0
#define HAS_MINIMUM 1
#else
#define BLOCK_BYTES 210
#define LOW 0
#define HIGH 128
#define ZERO 32
#define HAS_MINIMUM 0
#endif

// An f16 at an even address. Exponent and fraction are shifted to their f32 position. Subnormal
// halves get an implicit 1 that is subtracted, so no intermediate value is a subnormal f32.
DEVICE float widen_f16(const GLOBAL uchar *bytes) {
  const uint bits = *(const GLOBAL ushort *)bytes;
  const uint magnitude = (bits & 0x7fffu) << 13;
  const uint small = float_to_bits(bits_to_float(magnitude + 0x38800000u) - 6.103515625e-5f);
  uint wide = magnitude < 0x00800000u ? small : magnitude + 0x38000000u;
  wide = magnitude >= 0x0f800000u ? magnitude + 0x70000000u : wide;
  return bits_to_float(wide | (bits & 0x8000u) << 16);
}

// Scale and offset of element `e` of a block.
DEVICE float2 block_scale(const GLOBAL uchar *block, int e) {
#if ELEMENT == ELEMENT_Q6_K
  const int scale = block[192 + e / 16];
  return make_float2(widen_f16(block + 208) * (float)(scale < 128 ? scale : scale - 256), 0.0f);
#elif ELEMENT >= ELEMENT_Q4_K
  const GLOBAL uchar *scales = block + 4;
  const int g = e / 32;
  const int scale = g < 4 ? scales[g] & 63 : (scales[g + 4] & 15) | (scales[g - 4] >> 6) << 4;
  const int minimum = g < 4 ? scales[g + 4] & 63 : scales[g + 4] >> 4 | (scales[g] >> 6) << 4;
  return make_float2(widen_f16(block) * (float)scale, -(widen_f16(block + 2) * (float)minimum));
#elif HAS_MINIMUM
  (void)e;
  return make_float2(widen_f16(block), widen_f16(block + 2));
#else
  (void)e;
  return make_float2(widen_f16(block), 0.0f);
#endif
}

// Byte of a block's low bits for element `e`, and how far they are shifted.
#if ELEMENT == ELEMENT_Q8_0
#define LOW_BYTE(e) (LOW + (e))
#define LOW_SHIFT(e) 0
#define LOW_MASK 255u
#elif ELEMENT == ELEMENT_Q6_K
#define LOW_BYTE(e) ((e) / 128 * 64 + (e) % 64)
#define LOW_SHIFT(e) ((e) / 64 % 2 * 4)
#define LOW_MASK 15u
#elif ELEMENT >= ELEMENT_Q4_K
#define LOW_BYTE(e) (LOW + (e) / 64 * 32 + (e) % 32)
#define LOW_SHIFT(e) ((e) / 32 % 2 * 4)
#define LOW_MASK 15u
#else
#define LOW_BYTE(e) (LOW + (e) % 16)
#define LOW_SHIFT(e) ((e) / 16 * 4)
#define LOW_MASK 15u
#endif

// The same of the upper bits of Q5_K and Q6_K.
#if ELEMENT == ELEMENT_Q6_K
#define HIGH_BYTE(e) (HIGH + (e) / 128 * 32 + (e) % 32)
#define HIGH_SHIFT(e) ((e) / 32 % 4 * 2)
#define HIGH_MASK 3u
#elif ELEMENT == ELEMENT_Q5_K
#define HIGH_BYTE(e) (HIGH + (e) % 32)
#define HIGH_SHIFT(e) ((e) / 32)
#define HIGH_MASK 1u
#endif

// Four bytes at an even address.
DEVICE uint load_word(const GLOBAL uchar *bytes) {
  const GLOBAL ushort *halves = (const GLOBAL ushort *)bytes;
  return (uint)halves[0] | (uint)halves[1] << 16;
}

// Elements e ... e + 3 of a block, one a byte.
DEVICE uint quant_quad(const GLOBAL uchar *block, int e) {
  uint quants = load_word(block + LOW_BYTE(e)) >> LOW_SHIFT(e) & LOW_MASK * 0x01010101u;
#if ELEMENT == ELEMENT_Q8_0
  quants ^= 0x80808080u;
#elif ELEMENT == ELEMENT_Q5_0 || ELEMENT == ELEMENT_Q5_1
  const uint high = load_word(block + HIGH) >> e;
  quants |= (high & 1u) << 4 | (high & 2u) << 11 | (high & 4u) << 18 | (high & 8u) << 25;
#elif defined(HIGH_BYTE)
  quants |= (load_word(block + HIGH_BYTE(e)) >> HIGH_SHIFT(e) & HIGH_MASK * 0x01010101u) << 4;
#endif
  return quants;
}

DEVICE float4 widen_quad(const GLOBAL Stored *values, OFFSET index) {
  const GLOBAL uchar *block = values + index / BLOCK * BLOCK_BYTES;
  const int e = (int)(index % BLOCK);
  const float2 scale = block_scale(block, e);
  const uint quants = quant_quad(block, e);
  return make_float4(scale.x * (float)((int)(quants & 255u) - ZERO) + scale.y,
                     scale.x * (float)((int)(quants >> 8 & 255u) - ZERO) + scale.y,
                     scale.x * (float)((int)(quants >> 16 & 255u) - ZERO) + scale.y,
                     scale.x * (float)((int)(quants >> 24) - ZERO) + scale.y);
}

DEVICE float widen(const GLOBAL Stored *values, OFFSET index) {
  const GLOBAL uchar *block = values + index / BLOCK * BLOCK_BYTES;
  const int e = (int)(index % BLOCK);
  const float2 scale = block_scale(block, e);
  const uint quants = quant_quad(block, e / 4 * 4) >> e % 4 * 8;
  return scale.x * (float)((int)(quants & 255u) - ZERO) + scale.y;
}

#ifdef CPU_DEVICE

DEVICE float16 widen_sixteen(const GLOBAL Stored *values, OFFSET index) {
  const GLOBAL uchar *block = values + index / BLOCK * BLOCK_BYTES;
  const int e = (int)(index % BLOCK);
  const float2 scale = block_scale(block, e);
  const uint16 low = convert_uint16(vload16(0, block + LOW_BYTE(e)));
  uint16 quants = low >> (uint)LOW_SHIFT(e) & LOW_MASK;
#if ELEMENT == ELEMENT_Q8_0
  quants ^= 0x80u;
#elif ELEMENT == ELEMENT_Q5_0 || ELEMENT == ELEMENT_Q5_1
  const uint16 bits = (uint16)(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
                               16384, 32768);
  const uint16 high = (uint16)(load_word(block + HIGH) >> e);
  quants |= as_uint16((high & bits) != 0) & 16u;
#elif defined(HIGH_BYTE)
  const uint16 high = convert_uint16(vload16(0, block + HIGH_BYTE(e)));
  quants |= (high >> (uint)HIGH_SHIFT(e) & HIGH_MASK) << 4;
#endif
  return scale.x * convert_float16(convert_int16(quants) - ZERO) + scale.y;
}

#endif
#endif
