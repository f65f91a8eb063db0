// projected_divergence.cl - forward KL against a projected teacher: only m = W^T p and the entropy
// H(p) are stored. W is the head of both models: z = W h. Then sum_v p_v z_v = h . m, and per row r
// of R, with one temperature tau per run,
//     loss[r]        = -H[r] + log sum_v e^(z[r,v] / tau) - h[r] . m[r] / tau     = KL(p || q)
//     d_h[r]         = weight / tau * (W^T q - m[r])
// exact over the whole vocabulary with E + 1 values per row. The kernel writes weight / tau * q in
// place of z and -weight / tau * m to d_h; a GEMM with W adds the rest.
//
//     logits      [R, V]  update   z on entry, weight / tau * q on exit;
//                                  projected_divergence_loss only reads it
//     hidden      [*, E]  read     h, from first_row
//     projected   [*, E]  read     m, rows row_indices[r]
//     entropies   [*]     read     H(p) in nats, rows row_indices[r]
//     row_indices [*]     read     the teacher row of each row, from first_row
//     d_h         [*, E]  write    from first_row
//     losses      [*]     write    from first_row: nats, before weight
//
// project_teacher computes p in place of the teacher's logits, and the entropy as a sum of
// non-negative terms.
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    1. log-sum-exp  2. h . m and d_h  3. q in place.   project_teacher: 1. log-sum-exp  2.
//           p in place and entropy
// Numerics  f32. The loss is a difference of numbers as large as the logits, so its absolute error
//           is some 1e-6 of them; the gradient W^T (q - p) has no such cancellation
// Traffic   3 * R * V floats
// Twin      Sources/Compute/Loss/ProjectedDivergence.swift,
//           Sources/CArithmetic/projected_divergence.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Tunable   QUADS 1 if V and E are multiples of 4: lanes then load and store 16 bytes
// Build     LANES=256 QUADS=0,1

KERNEL(LANES) project_teacher(GLOBAL float *RESTRICT logits, GLOBAL float *RESTRICT entropies,
                              int width, int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  GLOBAL float *z = logits + (OFFSET)r * width;
  const RowSum row = row_sum(z, width, inverse_temperature, partial);
  const float factor = 1.0f / row.sum;
  CompensatedSum sum = empty_sum();
  for (int v = FIRST; v < width; v += STRIDE) {
    // Elements past the end load as the maximum: their term is 0.
    const Lane below =
        (load_lane_or(z, v, width, row.maximum) - row.maximum) * inverse_temperature;
    const Lane p = exponential(below) * factor;
    sum = add(sum, -below * p);
    store_lane(p, z, v, width);
  }
  const float distance = total(sum.sum, partial);
  if (LOCAL_ID == 0) entropies[first_row + r] = LOG(row.sum) + distance;
}

DEVICE float dot_product(const GLOBAL float *a, const GLOBAL float *b, int width,
                         LOCAL_ARG float *partial) {
  Lane sum = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE)
    sum += load_lane_or(a, e, width, 0.0f) * load_lane_or(b, e, width, 0.0f);
  return total(sum, partial);
}

// Subtracts the large numbers first, before small terms are added.
DEVICE float projected_loss(RowSum row, float dot, float entropy, float inverse_temperature) {
  return (row.maximum - dot) * inverse_temperature + (LOG(row.sum) - entropy);
}

KERNEL(LANES) projected_divergence_loss(const GLOBAL float *RESTRICT logits,
                                        const GLOBAL float *RESTRICT hidden,
                                        const GLOBAL float *RESTRICT projected,
                                        const GLOBAL float *RESTRICT entropies,
                                        const GLOBAL int *RESTRICT row_indices,
                                        GLOBAL float *RESTRICT losses, int vocabulary, int width,
                                        int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const OFFSET teacher_row = row_indices[first_row + r];
  const RowSum row =
      row_sum(logits + (OFFSET)r * vocabulary, vocabulary, inverse_temperature, partial);
  const float dot = dot_product(hidden + (OFFSET)(first_row + r) * width,
                                projected + teacher_row * width,
                                width, partial);
  if (LOCAL_ID == 0)
    losses[first_row + r] = projected_loss(row, dot, entropies[teacher_row], inverse_temperature);
}

KERNEL(LANES) projected_divergence(GLOBAL float *RESTRICT logits,
                                   const GLOBAL float *RESTRICT hidden,
                                   const GLOBAL float *RESTRICT projected,
                                   const GLOBAL float *RESTRICT entropies,
                                   const GLOBAL int *RESTRICT row_indices,
                                   GLOBAL float *RESTRICT d_h,
                                   GLOBAL float *RESTRICT losses, int vocabulary, int width,
                                   int first_row, float inverse_temperature,
                                   float gradient_factor) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const OFFSET teacher_row = row_indices[first_row + r];
  const GLOBAL float *m = projected + teacher_row * width;
  GLOBAL float *z = logits + (OFFSET)r * vocabulary;
  GLOBAL float *gradient = d_h + (OFFSET)(first_row + r) * width;
  const RowSum row = row_sum(z, vocabulary, inverse_temperature, partial);
  const float dot = dot_product(hidden + (OFFSET)(first_row + r) * width, m, width, partial);
  for (int e = FIRST; e < width; e += STRIDE)
    store_lane(-gradient_factor * load_lane(m, e, width), gradient, e, width);
  const float factor = gradient_factor / row.sum;
  for (int v = FIRST; v < vocabulary; v += STRIDE) {
    const Lane below = (load_lane(z, v, vocabulary) - row.maximum) * inverse_temperature;
    store_lane(exponential(below) * factor, z, v, vocabulary);
  }
  if (LOCAL_ID == 0)
    losses[first_row + r] = projected_loss(row, dot, entropies[teacher_row], inverse_temperature);
}
