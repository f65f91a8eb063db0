// split_f16.cl - f32 activations as a scaled sum of two f16 matrices, for matrix multiplications
// that take f16 only.
//
//     m           = the largest finite |x[i]|
//     s           = the power of two with 2^14 <= s m < 2^15, at most 2^126
//     piece[0][i] = f16(s x[i])
//     piece[1][i] = f16(s x[i] - piece[0][i])
//
// x W = 1/s (piece[0] W + piece[1] W). f16 ends at 65504, which activations exceed, and at 2^-24,
// below which gradients are: the scale moves the largest element to the upper end. What is left of
// x[i] is below 2^-23 of it or 2^-39 of m.
//
//     x         [count]                  read    from element first
//     partial   [N]                      write (largest_magnitude), read (split_f16)
//     pieces    [2, piece_stride]        write   f16: the first count elements of each row
//     factors   [3]                      write   1/s, 0, 1
//
// Mapping   largest_magnitude: N work-groups; group n takes the n-th span of `span` elements
//           (lanes.h). split_f16: one work-item per 4 elements; each work-group reduces all maxima
// Passes    one each
// Numerics  round to nearest, ties to even; products with s and differences are exact in f32. NaN
//           stays NaN, infinity becomes NaN
// Traffic   8 * count bytes read, 4 * count written
// Tunable   ALIGNED 1 if first and piece_stride are multiples of 4: quads are then loaded and
//           stored as vectors
// Needs     lanes.h row_reductions.h
// Build     LANES=256 ALIGNED=0,1

#define LARGEST_FLOAT 3.402823466e38f

KERNEL(LANES) largest_magnitude(const GLOBAL float *RESTRICT x, GLOBAL float *RESTRICT partial,
                                OFFSET first, OFFSET count, int span) {
  LOCAL float maxima[LANES];
  const OFFSET begin = (OFFSET)GROUP_ID * span;
  const int length = (int)(count - begin < span ? count - begin : span);
  const GLOBAL float *from = x + first + begin;
  Lane magnitude = 0.0f;
  for (int i = FIRST; i < length; i += STRIDE) {
    const Lane found = ABS(load_or_zero(from, i, length));
    magnitude = MAX(magnitude, found <= LARGEST_FLOAT ? found : (Lane)0.0f);
  }
  const float maximum = largest(magnitude, maxima);
  if (LOCAL_ID == 0) partial[GROUP_ID] = maximum;
}

// The nearest number of f16, for a magnitude below 2^15; infinity and NaN as they are. What rounds
// to zero is positive.
DEVICE float round_to_f16(float value) {
  if (!(ABS(value) < 32768.0f)) return value;
  const uint exponent = float_to_bits(value) & 0x7f800000u;
  // Below 2^-14 numbers of f16 are equally far apart.
  const uint normal = exponent > 0x38800000u ? exponent : 0x38800000u;
  // 1.5 * 2^(e + 13): f32 numbers of this size are as far apart as f16 numbers of exponent e.
  const float large = bits_to_float(normal + 0x06c00000u);
  return (value + large) - large;
}

// The bits of a number that f16 holds exactly.
DEVICE ushort f16_bits(float value) {
  const uint bits = float_to_bits(value);
  const uint magnitude = bits & 0x7fffffffu;
  uint found = (magnitude - 0x38000000u) >> 13;
  if (magnitude < 0x38800000u) found = (uint)(ABS(value) * 16777216.0f);
  if (magnitude == 0x7f800000u) found = 0x7c00u;
  if (magnitude > 0x7f800000u) found = 0x7e00u;
  return (ushort)(((bits >> 16) & 0x8000u) | found);
}

KERNEL(LANES) split_f16(const GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT partial,
                        GLOBAL ushort *RESTRICT pieces, GLOBAL float *RESTRICT factors,
                        OFFSET first, OFFSET count, OFFSET piece_stride, int parts) {
  LOCAL float maxima[LANES];
  Lane magnitude = 0.0f;
  for (int i = FIRST; i < parts; i += STRIDE)
    magnitude = MAX(magnitude, load_or_zero(partial, i, parts));
  const int exponent = (int)(float_to_bits(largest(magnitude, maxima)) >> 23);
  const int raised = 141 - exponent < 126 ? 141 - exponent : 126;
  const float scale = bits_to_float((uint)(127 + raised) << 23);
  if (GROUP_ID == 0 && LOCAL_ID == 0) {
    factors[0] = bits_to_float((uint)(127 - raised) << 23);
    factors[1] = 0.0f;
    factors[2] = 1.0f;
  }
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  const GLOBAL float *from = x + first + i;
  GLOBAL ushort *to = pieces + i;
#if ALIGNED
  if (i + 4 <= count) {
    const float4 quad = *(const GLOBAL float4 *)from;
    float4 rest = make_float4(scale * quad.x, scale * quad.y, scale * quad.z, scale * quad.w);
#pragma unroll
    for (int p = 0; p < 2; p++) {
      const float4 piece = make_float4(round_to_f16(rest.x), round_to_f16(rest.y),
                                       round_to_f16(rest.z), round_to_f16(rest.w));
      ushort4 stored;
      stored.x = f16_bits(piece.x);
      stored.y = f16_bits(piece.y);
      stored.z = f16_bits(piece.z);
      stored.w = f16_bits(piece.w);
      *(GLOBAL ushort4 *)(to + p * piece_stride) = stored;
      rest = make_float4(rest.x - piece.x, rest.y - piece.y, rest.z - piece.z, rest.w - piece.w);
    }
    return;
  }
#endif
  for (int c = 0; c < 4; c++)
    if (i + c < count) {
      float value = scale * from[c];
      for (int p = 0; p < 2; p++) {
        const float piece = round_to_f16(value);
        to[p * piece_stride + c] = f16_bits(piece);
        value -= piece;
      }
    }
}
