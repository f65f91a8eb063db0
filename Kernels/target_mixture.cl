// target_mixture.cl - mixes a teacher's distribution with given tokens, in its logits.
//
// Per row r of R, with p = softmax(logits[r] / tau) and y = targets[row_indices[first_index + r]],
// changes logits[r, y] so that
//     softmax(logits[r] / tau) = (1 - X) p + X e_y, e_y being 1 at y and 0 elsewhere.
// The others stay: logits[r, y] / tau = log(e^(logits[r, y] / tau) + X / (1 - X) * sum_v
// e^(logits[r, v] / tau)).
//
//     logits       [R, V]  update   finite
//     targets      [*]     read     token ids, 0 ..< V
//     row_indices  [*]     read     the target of each row, from first_index
//     log_odds             log(X / (1 - X)), 0 < X < 1
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    one
// Numerics  f32
// Traffic   R * V floats
// Twin      Sources/Compute/Loss/TargetMixture.swift, Sources/CArithmetic/target_mixture.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Tunable   QUADS 1 if V is a multiple of 4: lanes then load 16 bytes
// Build     LANES=256 QUADS=0,1

KERNEL(LANES) target_mixture(GLOBAL float *RESTRICT logits, const GLOBAL int *RESTRICT targets,
                             const GLOBAL int *RESTRICT row_indices, int width, int first_index,
                             float temperature, float log_odds) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  GLOBAL float *t = logits + (OFFSET)r * width;
  const int y = targets[row_indices[first_index + r]];
  const RowSum row = row_sum(t, width, 1.0f / temperature, partial);
  if (LOCAL_ID == 0) {
    const float own = t[y] / temperature;
    const float added = row.maximum / temperature + LOG(row.sum) + log_odds;
    const float largest_term = MAX(own, added);
    t[y] = temperature * (largest_term + LOG(EXP(own - largest_term) + EXP(added - largest_term)));
  }
}
