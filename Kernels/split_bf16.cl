// split_bf16.cl - f32 activations as a sum of bf16 matrices, for matrix multiplications that take
// bf16 only.
//
//     x W = piece[0] W + piece[1] W + ...
//
//     round_bf16 in place:  x[i] = bf16(x[i])
//
//     x        [count]                  read    from element first; round_bf16: update
//     pieces   [PIECES, piece_stride]   write   bf16: the first count elements of each row
//
// Mapping   one work-item per 4 elements; round_bf16: per element
// Passes    one
// Numerics  as in bf16_pieces.h
// Traffic   4 * count bytes read, 2 * PIECES * count written
// Needs     bf16_pieces.h
// Tunable   ALIGNED 1 if first and piece_stride are multiples of 4: quads are then loaded and
//           stored as vectors
// Build     LANES=256 PIECES=1,2 ALIGNED=0,1

KERNEL(LANES) split_bf16(const GLOBAL float *RESTRICT x, GLOBAL ushort *RESTRICT pieces,
                         OFFSET first, OFFSET count, OFFSET piece_stride) {
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  const GLOBAL float *from = x + first + i;
  GLOBAL ushort *to = pieces + i;
#if ALIGNED
  if (i + 4 <= count) {
    store_bf16_pieces(*(const GLOBAL float4 *)from, to, piece_stride);
    return;
  }
#endif
  for (int c = 0; c < 4; c++)
    if (i + c < count) {
      float rest = from[c];
      for (int p = 0; p < PIECES; p++) to[p * piece_stride + c] = next_bf16_piece(&rest);
    }
}

KERNEL(LANES) round_bf16(GLOBAL float *RESTRICT x, OFFSET count) {
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) x[i] = widen_bf16(round_to_bf16(x[i]));
}
