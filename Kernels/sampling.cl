// sampling.cl - draws a token per row of logits by inverse transform sampling.
//
//     tokens[t] = the first v with sum_{w <= v} softmax(logits[t] / temperature)[w] > uniforms[t]
//
//     logits     [T, V]  read
//     uniforms   [T]     read     in [0, 1)
//     tokens     [T]     write
//
// Mapping   GPU: one work-group of LANES per row. Each pass splits the remaining tokens into LANES
//           / 16 spans of consecutive tokens; 16 adjacent lanes sum one span. CPU: one work-item
//           per row, 16 tokens at a time.
// Passes    1. maximum  2. weights e^((x - max) / temperature), summed by span; the next pass
//           splits the span that contains uniform * total, until 16 tokens are left (CPU: spans are
//           16 tokens)  3. linear search in that span. If rounding moves the target past the end,
//           the last token with a weight above 0 is taken: a token of probability 0 is never drawn.
// Numerics  f32; the order of the sums is fixed
// Traffic   2 * T * V floats (GPU: each further pass reads a 16th of the one before; CPU: 3 * T *
//           V)
// Twin      Sources/Compute/Sampling/Sampling.swift, Sources/CArithmetic/sampling.c
// Needs     lanes.h
// Build     LANES=256

#ifdef CPU_DEVICE

// Weights of 16 tokens from token v. Weights that underflow, and those past the end of the row, are
// 0.
DEVICE Lane weights_at(const GLOBAL float *row, int v, int width, float maximum, float scale) {
  const Lane exponent = (load_lane_or(row, v, width, -INFINITY) - maximum) * scale;
  return exponent < -87.0f ? (Lane)0.0f : exponential(exponent);
}

KERNEL(1) sample_rows(const GLOBAL float *RESTRICT logits, const GLOBAL float *RESTRICT uniforms,
                      GLOBAL int *RESTRICT tokens, int width, float temperature) {
  const int row = GROUP_ID;
  const GLOBAL float *from = logits + (OFFSET)row * width;
  const float scale = 1.0f / temperature;
  Lane found = -INFINITY;
  for (int v = 0; v < width; v += STRIDE)
    found = fmax(found, load_lane_or(from, v, width, -INFINITY));
  const float maximum = largest(found, 0);
  Lane sums = 0.0f;
  for (int v = 0; v < width; v += STRIDE) sums += weights_at(from, v, width, maximum, scale);
  float rest = uniforms[row] * total(sums, 0);
  int block = 0;
  float target = rest;
  for (int v = 0; v < width; v += STRIDE) {
    const float sum = total(weights_at(from, v, width, maximum, scale), 0);
    if (sum > 0.0f) {
      block = v;
      target = rest;
      if (rest < sum) break;
      rest -= sum;
    }
  }
  int token = block;
  float weights[STRIDE];
  vstore16(weights_at(from, block, width, maximum, scale), 0, weights);
  for (int i = 0; i < STRIDE && target >= 0.0f; i++) {
    target -= weights[i];
    if (weights[i] > 0.0f) token = block + i;
  }
  tokens[row] = token;
}

#else

// Adjacent lanes per span, and spans per pass.
#define SIDE 16
#define SPANS (LANES / SIDE)

KERNEL(LANES) sample_rows(const GLOBAL float *RESTRICT logits,
                          const GLOBAL float *RESTRICT uniforms, GLOBAL int *RESTRICT tokens,
                          int width, float temperature) {
  LOCAL float partial[LANES];
  LOCAL float sums[SPANS];
  LOCAL float target[1];
  LOCAL int chosen[1];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = logits + (OFFSET)row * width;
  const float scale = 1.0f / temperature;
  float found = -INFINITY;
  for (int v = lane; v < width; v += LANES) found = MAX(found, from[v]);
  const float maximum = largest(found, partial);

  // The drawn token is one of the `length` tokens from `begin`; `rest` is the target weight from
  // `begin`.
  int begin = 0, length = width;
  float rest = uniforms[row];
  for (int divides = 1; divides; divides = length > SIDE) {
    const int span = (length + SPANS - 1) / SPANS;
    const int first = begin + lane / SIDE * span;
    const int last = begin + length < width ? begin + length : width;
    const int end = first + span < last ? first + span : last;
    float sum = 0.0f;
    for (int v = first + lane % SIDE; v < end; v += SIDE) sum += EXP((from[v] - maximum) * scale);
    partial[lane] = sum;
    BARRIER();
    if (lane < SPANS) {
      float span_sum = 0.0f;
      for (int l = 0; l < SIDE; l++) span_sum += partial[lane * SIDE + l];
      sums[lane] = span_sum;
    }
    BARRIER();
    if (lane == 0) {
      float remaining = rest;
      if (length == width) {
        float row_sum = 0.0f;
        for (int s = 0; s < SPANS; s++) row_sum += sums[s];
        remaining *= row_sum;
      }
      chosen[0] = 0;
      target[0] = remaining;
      for (int s = 0; s < SPANS; s++) {
        if (sums[s] > 0.0f) {
          chosen[0] = s;
          target[0] = remaining;
          if (remaining < sums[s]) break;
          remaining -= sums[s];
        }
      }
    }
    BARRIER();
    begin += chosen[0] * span;
    length = span;
    rest = target[0];
  }

  // All lanes know the span. The last lane searches it: PoCL miscompiles two ifs on the same
  // condition with a barrier between them (dialect.h).
  if (lane == LANES - 1) {
    const int end = begin + length < width ? begin + length : width;
    int token = begin;
    for (int v = begin; v < end && rest >= 0.0f; v++) {
      const float weight = EXP((from[v] - maximum) * scale);
      rest -= weight;
      if (weight > 0.0f) token = v;
    }
    tokens[row] = token;
  }
}

#endif
