// vocabulary_row.h - one text for rows of logits on both types of device. It stands before each kernel that needs it.
//
// A Lane holds what a work-item reads at once: one float on a GPU, where LANES work-items share a row, and 16 on a device
// of CPU type, where one work-item has the row to itself. A loop over a row reads
//     for (int v = FIRST; v < width; v += STRIDE) { Lane x = load_lane(row, v, width); ... store_lane(y, row, v, width); }
// and what lies past the end of the row reads as MASKED, adds 0 to every sum and is not written. Reductions over the row
// (total, largest) are those of reductions.h, which stands before this.

#ifdef CPU_DEVICE

typedef float16 Lane;
#define FIRST 0
#define STRIDE 16

DEVICE Lane load_lane_or(const GLOBAL float *row, int v, int width, float past_the_end) {
  if (v + 16 <= width) return vload16(0, row + v);
  float rest[16];
  for (int i = 0; i < 16; i++) rest[i] = v + i < width ? row[v + i] : past_the_end;
  return vload16(0, rest);
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int v, int width) {
  if (v + 16 <= width) {
    vstore16(x, 0, row + v);
    return;
  }
  float rest[16];
  vstore16(x, 0, rest);
  for (int i = 0; v + i < width; i++) row[v + i] = rest[i];
}

DEVICE float total(Lane x, LOCAL_ARG float *partial) {
  (void)partial;
  return sum16(x);
}

DEVICE float largest(Lane x, LOCAL_ARG float *partial) {
  (void)partial;
  return max16(x);
}

// e^x for x <= 88, as exponential() of Sources/CArithmetic/wide.h: PoCL's own goes through the elements one by one.
DEVICE Lane exponential(Lane x) {
  x = x < -87.3f ? (Lane)-87.3f : x;
  const Lane n = rint(x * 1.44269504f);
  const Lane r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Lane p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * as_float16((convert_int16(n) + 127) << 23);
}

#else

typedef float Lane;
#define FIRST LOCAL_ID
#define STRIDE LANES

DEVICE Lane load_lane_or(const GLOBAL float *row, int v, int width, float past_the_end) {
  return v < width ? row[v] : past_the_end;
}

DEVICE void store_lane(Lane x, GLOBAL float *row, int v, int width) {
  if (v < width) row[v] = x;
}

DEVICE float total(Lane x, LOCAL_ARG float *partial) { return sum_over_lanes(x, partial); }

DEVICE float largest(Lane x, LOCAL_ARG float *partial) { return max_over_lanes(x, partial); }

DEVICE Lane exponential(Lane x) { return EXP(x); }

#endif

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
