// vocabulary_row.h - rows of logits: loads that mask what lies past the end, careful sums, log-sum-exp in one pass. It
// stands before each kernel that needs it, behind lanes.h.

// Past the end a row reads as MASKED: no maximum, and 0 to every sum of exponentials.
DEVICE Lane load_lane(const GLOBAL float *row, int v, int width) {
  return load_lane_or(row, v, width, MASKED);
}

// A sum that keeps what its additions round off (Kahan 1965): beside one large term of a vocabulary, the many small ones
// would be lost.
typedef struct {
  Lane sum, excess;
} CarefulSum;

DEVICE CarefulSum no_terms(void) {
  CarefulSum state;
  state.sum = 0.0f;
  state.excess = 0.0f;
  return state;
}

DEVICE CarefulSum add(CarefulSum state, Lane term) {
  const Lane owed = term - state.excess;
  const Lane sum = state.sum + owed;
  state.excess = (sum - state.sum) - owed;
  state.sum = sum;
  return state;
}

// The running maximum and the running sum of e^((x - maximum) * inverse_temperature), in every element of a Lane
// (Milakov and Gimelshein 2018, arXiv:1805.02867).
typedef struct {
  Lane maximum;
  CarefulSum exponentials;
} RunningSum;

DEVICE RunningSum no_elements(void) {
  RunningSum state;
  state.maximum = 2.0f * MASKED;
  state.exponentials = no_terms();
  return state;
}

// Four at a time: one exponential more than the elements ask for, not one for each.
DEVICE RunningSum include_four(RunningSum state, Lane a, Lane b, Lane c, Lane d,
                               float inverse_temperature) {
  const Lane maximum = MAX(state.maximum, MAX(MAX(a, b), MAX(c, d)));
  const Lane kept = exponential((state.maximum - maximum) * inverse_temperature);
  const Lane first = exponential((a - maximum) * inverse_temperature) +
                     exponential((b - maximum) * inverse_temperature);
  const Lane second = exponential((c - maximum) * inverse_temperature) +
                      exponential((d - maximum) * inverse_temperature);
  state.exponentials.sum *= kept;
  state.exponentials.excess *= kept;
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
