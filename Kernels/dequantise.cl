// dequantise.cl - weights in blocks as a sum of bf16 matrices, for matrix multiplications that take
// bf16 only.
//
//     W = piece[0] + piece[1]
//
//     weight   [N, K]                  read    in the format ELEMENT, from element first
//     pieces   [PIECES, piece_stride]  write   bf16: the first count elements of each row
//
// Mapping   one work-item per 4 elements; count and piece_stride are multiples of 4, and first of
//           whole blocks
// Passes    one
// Numerics  the numbers of weight_blocks.h in f32, in pieces as in bf16_pieces.h: two keep all 15
//           bits of Q4_0, and 17 of the others
// CPU twin  none: the CPU path decodes blocks as it multiplies, and so do other GPUs
// Traffic   the blocks read, 2 * PIECES * count bytes written
// Needs     weight_blocks.h bf16_pieces.h
// Build     LANES=256 PIECES=2 ELEMENT=3,4,5,6,7,8,9,10

KERNEL(LANES) dequantise_bf16(const GLOBAL Stored *RESTRICT weight, GLOBAL ushort *RESTRICT pieces,
                              OFFSET first, OFFSET count, OFFSET piece_stride) {
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  if (i < count) store_bf16_pieces(widen_quad(weight, first + i), pieces + i, piece_stride);
}
