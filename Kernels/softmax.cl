// softmax.cl - softmax and log-sum-exp of rows of logits, with a temperature tau.
//
// Per row r of R, over V logits z:
//     log_sums[r]        = log sum_v e^(z[r,v] / tau)
//     probability[r,v]   = e^(z[r,v] / tau - log_sums[r])
//
//     logits          [R, V]  read (log_sum_exp), update (softmax): probabilities on exit
//     log_sums        [R]     write    log_sum_exp
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    1. maximum and sum together  2. probabilities
// Numerics  f32, shifted by the row's maximum; logits must be finite
// Traffic   softmax 3 * R * V floats, log_sum_exp R * V
// Twin      Sources/Compute/Sampling/Softmax.swift, Sources/CArithmetic/softmax.c
// Needs     lanes.h vocabulary_row.h
// Build     LANES=256

KERNEL(LANES) softmax(GLOBAL float *RESTRICT logits, int width, float inverse_temperature) {
  LOCAL float partial[LANES];
  GLOBAL float *z = logits + (OFFSET)GROUP_ID * width;
  const RowSum row = row_sum(z, width, inverse_temperature, partial);
  const float factor = 1.0f / row.sum;
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane shifted = load_lane(z, v, width) - row.maximum;
    store_lane(exponential(shifted * inverse_temperature) * factor, z, v, width);
  }
}

KERNEL(LANES) log_sum_exp(const GLOBAL float *RESTRICT logits, GLOBAL float *RESTRICT log_sums,
                          int width, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const RowSum row = row_sum(logits + (OFFSET)r * width, width, inverse_temperature, partial);
  if (LOCAL_ID == 0) log_sums[r] = row.maximum * inverse_temperature + LOG(row.sum);
}
