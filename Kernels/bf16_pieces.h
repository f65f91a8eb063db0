// bf16_pieces.h - f32 numbers as sums of PIECES numbers of bf16. Included after dialect.h.
//
//     piece[0] = bf16(x)
//     piece[p] = bf16(x - piece[0] - ... - piece[p - 1])
//
// Round to nearest, ties to even; the differences are exact in f32. What is left of x is at most
// 2^-8 of it with 1 piece and 2^-17 with 2. For |x| below 3.38e38: an x that rounds to infinity has
// no second piece. NaN stays NaN.

DEVICE ushort round_to_bf16(float value) {
  const uint bits = float_to_bits(value);
  const uint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const int is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return (ushort)(is_nan ? (bits >> 16) | 0x40u : rounded);
}

DEVICE float widen_bf16(ushort bits) { return bits_to_float((uint)bits << 16); }

// Takes the next piece off what is left of a number.
DEVICE ushort next_bf16_piece(float *rest) {
  const ushort piece = round_to_bf16(*rest);
  *rest -= widen_bf16(piece);
  return piece;
}

// Stores the pieces of four numbers; pieces are `stride` elements apart, a multiple of 4.
DEVICE void store_bf16_pieces(float4 x, GLOBAL ushort *to, OFFSET stride) {
  float rest[4] = {x.x, x.y, x.z, x.w};
#pragma unroll
  for (int p = 0; p < PIECES; p++) {
    ushort4 quad;
    quad.x = next_bf16_piece(&rest[0]);
    quad.y = next_bf16_piece(&rest[1]);
    quad.z = next_bf16_piece(&rest[2]);
    quad.w = next_bf16_piece(&rest[3]);
    *(GLOBAL ushort4 *)(to + p * stride) = quad;
  }
}
