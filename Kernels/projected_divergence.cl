// projected_divergence.cl - forward KL against a teacher of which only m = W^T p and the entropy H(p) are kept, where W is the
// head that gives both models' logits: z = W h. Then sum_v p_v z_v = h . m, and per row r of R, with tau one number of the run,
//     loss[r]        = -H[r] + log sum_v e^(z[r,v] / tau) - h[r] . m[r] / tau     = KL(p || q)
//     d_h[r]         = weight / tau * (W^T q - m[r])
// exact over the whole vocabulary at E + 1 numbers a row. The kernel leaves weight / tau * q in place of z and
// -weight / tau * m in d_h; the product with W adds the rest.
//
//     logits      [R, V]  update   z on entry, weight / tau * q on exit (only read by projected_divergence_loss)
//     hidden      [*, E]  read     h, from first_row on
//     projected   [*, E]  read     m, rows places[r]
//     entropies   [*]     read     H(p) in nats, rows places[r]
//     places      [*]     read     the teacher's row of each row, from first_row on
//     d_h         [*, E]  write    from first_row on
//     losses      [*]     write    from first_row on: nats, before weight
//
// project_teacher makes the teacher's side from its logits: p in place, and the entropy, a sum of terms that are never negative.
//
// Mapping   one work-group of LANES a row (GPU, coalesced); one work-item a row, 16 logits at a time (CPU)
// Passes    1. log-sum-exp  2. h . m and d_h  3. q in place.   project_teacher: 1. log-sum-exp  2. p in place and entropy
// Numerics  f32. The loss is a difference of numbers as large as the logits: some 1e-6 of them is what remains of a small KL;
//           the gradient is q - p under W^T and loses nothing
// Traffic   3 * R * V floats
// Twin      Sources/Compute/Loss/ProjectedDivergence.swift, Sources/CArithmetic/projected_divergence.c
// Needs     lanes.h vocabulary_row.h
// Build     LANES=256

KERNEL(LANES) project_teacher(GLOBAL float *RESTRICT logits, GLOBAL float *RESTRICT entropies,
                              int width, int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  GLOBAL float *z = logits + (OFFSET)r * width;
  const RowSum row = row_sum(z, width, inverse_temperature, partial);
  const float factor = 1.0f / row.sum;
  CarefulSum sum = no_terms();
  for (int v = FIRST; v < width; v += STRIDE) {
    // What lies past the end is level with the maximum: its part of the sum is 0.
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

// The large numbers are subtracted first, unrounded by the small ones.
DEVICE float projected_loss(RowSum row, float dot, float entropy, float inverse_temperature) {
  return (row.maximum - dot) * inverse_temperature + (LOG(row.sum) - entropy);
}

KERNEL(LANES) projected_divergence_loss(const GLOBAL float *RESTRICT logits,
                                        const GLOBAL float *RESTRICT hidden,
                                        const GLOBAL float *RESTRICT projected,
                                        const GLOBAL float *RESTRICT entropies,
                                        const GLOBAL int *RESTRICT places,
                                        GLOBAL float *RESTRICT losses, int vocabulary, int width,
                                        int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const OFFSET place = places[first_row + r];
  const RowSum row =
      row_sum(logits + (OFFSET)r * vocabulary, vocabulary, inverse_temperature, partial);
  const float dot = dot_product(hidden + (OFFSET)(first_row + r) * width, projected + place * width,
                                width, partial);
  if (LOCAL_ID == 0)
    losses[first_row + r] = projected_loss(row, dot, entropies[place], inverse_temperature);
}

KERNEL(LANES) projected_divergence(GLOBAL float *RESTRICT logits,
                                   const GLOBAL float *RESTRICT hidden,
                                   const GLOBAL float *RESTRICT projected,
                                   const GLOBAL float *RESTRICT entropies,
                                   const GLOBAL int *RESTRICT places, GLOBAL float *RESTRICT d_h,
                                   GLOBAL float *RESTRICT losses, int vocabulary, int width,
                                   int first_row, float inverse_temperature,
                                   float gradient_factor) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const OFFSET place = places[first_row + r];
  const GLOBAL float *m = projected + place * width;
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
    losses[first_row + r] = projected_loss(row, dot, entropies[place], inverse_temperature);
}
