// vocabulary_row.h - rows of logits: masked loads, compensated sums, one-pass log-sum-exp. Included
// after lanes.h and row_reductions.h.

// Elements past the end load as MASKED: they never are the maximum and add 0 to a sum of
// exponentials.
DEVICE Lane load_lane(const GLOBAL float *row, int v, int width) {
  return load_lane_or(row, v, width, MASKED);
}

// Compensated (Kahan 1965) sum: keeps the many small terms of a vocabulary beside one large term.
typedef struct {
  Lane sum, compensation;
} CompensatedSum;

DEVICE CompensatedSum empty_sum(void) {
  CompensatedSum state;
  state.sum = 0.0f;
  state.compensation = 0.0f;
  return state;
}

DEVICE CompensatedSum add(CompensatedSum state, Lane term) {
  const Lane corrected = term - state.compensation;
  const Lane sum = state.sum + corrected;
  state.compensation = (sum - state.sum) - corrected;
  state.sum = sum;
  return state;
}

// Running maximum and running sum of e^((x - maximum) * inverse_temperature), per element of a Lane
// (Milakov and Gimelshein 2018, arXiv:1805.02867).
typedef struct {
  Lane maximum;
  CompensatedSum exponentials;
} RunningSum;

DEVICE RunningSum no_elements(void) {
  RunningSum state;
  state.maximum = 2.0f * MASKED;
  state.exponentials = empty_sum();
  return state;
}

// Four elements at a time: one rescaling exponential for four elements instead of one for each.
DEVICE RunningSum include_four(RunningSum state, Lane a, Lane b, Lane c, Lane d,
                               float inverse_temperature) {
  const Lane maximum = MAX(state.maximum, MAX(MAX(a, b), MAX(c, d)));
  const Lane kept = exponential((state.maximum - maximum) * inverse_temperature);
  const Lane first = exponential((a - maximum) * inverse_temperature) +
                     exponential((b - maximum) * inverse_temperature);
  const Lane second = exponential((c - maximum) * inverse_temperature) +
                      exponential((d - maximum) * inverse_temperature);
  state.exponentials.sum *= kept;
  state.exponentials.compensation *= kept;
  state.exponentials = add(state.exponentials, first + second);
  state.maximum = maximum;
  return state;
}

typedef struct {
  float maximum, sum;
} RowSum;

DEVICE RowSum over_row(RunningSum state, float inverse_temperature, LOCAL_ARG float *partial) {
  RowSum row;
  row.maximum = largest(state.maximum, partial);
  const Lane kept = exponential((state.maximum - row.maximum) * inverse_temperature);
  row.sum = total(state.exponentials.sum * kept, partial);
  return row;
}

DEVICE RowSum row_sum(const GLOBAL float *row, int width, float inverse_temperature,
                      LOCAL_ARG float *partial) {
  RunningSum state = no_elements();
  for (int v = FIRST; v < width; v += 4 * STRIDE)
    state = include_four(state, load_lane(row, v, width), load_lane(row, v + STRIDE, width),
                         load_lane(row, v + 2 * STRIDE, width),
                         load_lane(row, v + 3 * STRIDE, width), inverse_temperature);
  return over_row(state, inverse_temperature, partial);
}
