// softmax.cl - softmax of rows of logits, with a temperature tau.
//
// Per row r of R, over V logits z:
//     probability[r,v]   = e^(z[r,v] / tau) / sum_w e^(z[r,w] / tau)
//
//     logits          [R, V]  update: probabilities on exit
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    1. maximum and sum together  2. probabilities
// Numerics  f32, shifted by the row's maximum; what underflows is 0. A row must have a finite
//           maximum; -infinity has probability 0
// Traffic   3 * R * V floats
// Twin      Sources/Compute/Sampling/Softmax.swift, Sources/CArithmetic/softmax.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Tunable   QUADS 1 if V is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=256 QUADS=0,1

KERNEL(LANES) softmax(GLOBAL float *RESTRICT logits, int width, float inverse_temperature) {
  LOCAL float partial[LANES];
  GLOBAL float *z = logits + (OFFSET)GROUP_ID * width;
  const RowSum row = row_sum(z, width, inverse_temperature, partial);
  const float factor = 1.0f / row.sum;
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane exponent = (load_lane(z, v, width) - row.maximum) * inverse_temperature;
    // exponential() of CPU devices does not go below 1e-38.
    const Lane weight = where_below(exponent, -87.0f, (Lane)0.0f, exponential(exponent));
    store_lane(weight * factor, z, v, width);
  }
}
