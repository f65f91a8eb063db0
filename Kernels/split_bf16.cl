// split_bf16.cl - f32 activations as a sum of bf16 matrices, for matrix multiplications that take
// bf16 only.
//
//     piece[0][i] = bf16(x[i])
//     piece[p][i] = bf16(x[i] - piece[0][i] - ... - piece[p - 1][i])
//
// A sum of matrix multiplications, x W = piece[0] W + piece[1] W + ..., has the relative rounding
// error of x that is left: 2^-9 with 1 piece, 2^-17 with 2.
//
//     round_bf16 in place:  x[i] = bf16(x[i])
//
//     x        [count]                  read    from element first; round_bf16: update
//     pieces   [PIECES, piece_stride]   write   bf16: the first count elements of each row
//
// Mapping   one work-item per 4 elements; round_bf16: per element
// Passes    one
// Numerics  round to nearest, ties to even; the differences are exact in f32. For |x| below
//           3.38e38: an x that rounds to infinity has no second piece. NaN stays NaN
// Traffic   4 * count bytes read, 2 * PIECES * count written
// Tunable   ALIGNED 1 if first and piece_stride are multiples of 4: quads are then loaded and
//           stored as vectors
// Build     LANES=256 PIECES=1,2 ALIGNED=0,1

DEVICE ushort round_to_bf16(float value) {
  const uint bits = float_to_bits(value);
  const uint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const int is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return (ushort)(is_nan ? (bits >> 16) | 0x40u : rounded);
}

DEVICE float widen_bf16(ushort bits) { return bits_to_float((uint)bits << 16); }

KERNEL(LANES) split_bf16(const GLOBAL float *RESTRICT x, GLOBAL ushort *RESTRICT pieces,
                         OFFSET first, OFFSET count, OFFSET piece_stride) {
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  const GLOBAL float *from = x + first + i;
  GLOBAL ushort *to = pieces + i;
#if ALIGNED
  if (i + 4 <= count) {
    float4 rest = *(const GLOBAL float4 *)from;
#pragma unroll
    for (int p = 0; p < PIECES; p++) {
      ushort4 quad;
      quad.x = round_to_bf16(rest.x);
      quad.y = round_to_bf16(rest.y);
      quad.z = round_to_bf16(rest.z);
      quad.w = round_to_bf16(rest.w);
      *(GLOBAL ushort4 *)(to + p * piece_stride) = quad;
      rest = make_float4(rest.x - widen_bf16(quad.x), rest.y - widen_bf16(quad.y),
                         rest.z - widen_bf16(quad.z), rest.w - widen_bf16(quad.w));
    }
    return;
  }
#endif
  for (int c = 0; c < 4; c++)
    if (i + c < count) {
      float value = from[c];
      for (int p = 0; p < PIECES; p++) {
        const ushort piece = round_to_bf16(value);
        to[p * piece_stride + c] = piece;
        value -= widen_bf16(piece);
      }
    }
}

KERNEL(LANES) round_bf16(GLOBAL float *RESTRICT x, OFFSET count) {
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) x[i] = widen_bf16(round_to_bf16(x[i]));
}
