// compress_logits.cl - rows of logits in 16 bits, for a teacher cache that every step reads.
//
//     compressed[first_row + r, v] = binary16(z[r,v] - max_v z[r,v]), to nearest even, clamped to
//     -65504
//
// The shift does not change the softmax. binary16 is finest near the maximum, where the probability
// mass is.
//
//     logits       [R, V]  read     z
//     compressed   [*, V]  write    binary16, from first_row
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    1. maximum  2. difference
// Numerics  a difference d keeps 11 bits: the relative error of p is at most |d| * 2^-11
// Traffic   2 * R * V floats, R * V of 16 bits
// Twin      Sources/Compute/Loss/CompressLogits.swift, Sources/CArithmetic/compress_logits.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Build     LANES=256

#ifdef CPU_DEVICE
DEVICE void store_half_lane(Lane x, GLOBAL ushort *row, int v, int width) {
  GLOBAL half *to = (GLOBAL half *)(row + v);
  if (v + 16 <= width) {
    vstore_half16_rte(x, 0, to);
    return;
  }
  float rest[16];
  vstore16(x, 0, rest);
  for (int i = 0; v + i < width; i++) vstore_half_rte(rest[i], (size_t)i, to);
}
#else
DEVICE void store_half_lane(Lane x, GLOBAL ushort *row, int v, int width) {
  if (v < width) store_half(x, row, v);
}
#endif

KERNEL(LANES) compress_logits(const GLOBAL float *RESTRICT logits,
                              GLOBAL ushort *RESTRICT compressed, int width, int first_row) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const GLOBAL float *z = logits + (OFFSET)r * width;
  GLOBAL ushort *to = compressed + (OFFSET)(first_row + r) * width;
  Lane best = MASKED;
  for (int v = FIRST; v < width; v += STRIDE) best = MAX(best, load_lane(z, v, width));
  const float maximum = largest(best, partial);
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane shifted = load_lane(z, v, width) - maximum;
    store_half_lane(shifted < -65504.0f ? (Lane)-65504.0f : shifted, to, v, width);
  }
}
