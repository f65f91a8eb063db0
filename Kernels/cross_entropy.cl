// cross_entropy.cl - the loss of given tokens under rows of logits, and its gradient in place.
//
// Per row r of R, with q = softmax(logits[r] / tau) and y = targets[row_indices[first_index + r]]:
//     loss     = -log q[y]
//     gradient = weight / tau * (q - e_y), e_y being 1 at y and 0 elsewhere
// It is the forward KL of kl_divergence.cl from a teacher that is certain of y. If the logits are
// soft-capped, s = c * tanh(z / c), the gradient is with respect to z: times 1 - (s / c)^2.
//
//     logits            [R, V]  update   logits on entry, gradient on exit; cross_entropy_loss only
//                                         reads it
//     targets           [*]     read     token ids, 0 ..< V
//     row_indices       [*]     read     the target of each row, from first_index
//     losses            [*]     write    from first_row: nats, before weight
//     inverse_soft_cap          1 / c, or 0
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU); the work-item that stores element y also reads it
// Passes    1. log-sum-exp  2. gradient
// Numerics  f32; the loss is a difference of log-sum-exp and one logit, exact to about 1e-7 of them
// Traffic   3 * R * V floats, the loss alone R * V
// Twin      Sources/Compute/Loss/CrossEntropy.swift, Sources/CArithmetic/cross_entropy.c
// Needs     lanes.h row_reductions.h vocabulary_row.h divergence_terms.h
// Tunable   QUADS 1 if V is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=256 QUADS=0,1

DEVICE float loss_of(float target, RowSum row, float inverse_temperature) {
  return LOG(row.sum) - (target - row.maximum) * inverse_temperature;
}

KERNEL(LANES) cross_entropy_loss(const GLOBAL float *RESTRICT logits,
                                 const GLOBAL int *RESTRICT targets,
                                 const GLOBAL int *RESTRICT row_indices,
                                 GLOBAL float *RESTRICT losses, int width, int first_index,
                                 int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const GLOBAL float *s = logits + (OFFSET)r * width;
  const int y = targets[row_indices[first_index + r]];
  const RowSum row = row_sum(s, width, inverse_temperature, partial);
  if (LOCAL_ID == 0) losses[first_row + r] = loss_of(s[y], row, inverse_temperature);
}

KERNEL(LANES) cross_entropy(GLOBAL float *RESTRICT logits, const GLOBAL int *RESTRICT targets,
                            const GLOBAL int *RESTRICT row_indices, GLOBAL float *RESTRICT losses,
                            int width, int first_index, int first_row, float inverse_temperature,
                            float gradient_factor, float inverse_soft_cap) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  GLOBAL float *s = logits + (OFFSET)r * width;
  const int y = targets[row_indices[first_index + r]];
  const RowSum row = row_sum(s, width, inverse_temperature, partial);
  const int is_owner = LOCAL_ID == y / LANE_WIDTH % LANES;
  const float target = is_owner ? s[y] : 0.0f;
  const float factor = gradient_factor / row.sum;
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane x = load_lane(s, v, width);
    const Lane gradient = factor * exponential((x - row.maximum) * inverse_temperature);
    store_lane(through_soft_cap(gradient, x, inverse_soft_cap), s, v, width);
  }
  if (is_owner) {
    const float ratio = target * inverse_soft_cap;
    s[y] -= gradient_factor * (1.0f - ratio * ratio);
    losses[first_row + r] = loss_of(target, row, inverse_temperature);
  }
}
