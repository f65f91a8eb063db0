// sampling.cl - draws a token per row of probabilities by inverse transform sampling.
//
//     tokens[t] = the first v with sum_{w <= v} probabilities[t, w] > uniforms[t] * total
//
//     probabilities  [T, V]  read    of softmax.cl; total is their sum, 1 but for rounding
//     uniforms       [T]     read    in [0, 1)
//     tokens         [T]     write
//
// Mapping   GPU: one work-group of LANES per row. Each pass splits the remaining tokens into LANES
//           / 16 spans of consecutive tokens; 16 adjacent lanes sum one span. CPU: one work-item
//           per row, 16 tokens at a time.
// Passes    1. sums by span; the next pass splits the span that contains uniform * total, until 16
//           tokens are left (CPU: spans are 16 tokens)  2. linear search in that span. If rounding moves the target past the end,
//           the last token with a probability above 0 is taken: a token of probability 0 is never drawn.
// Numerics  f32; the order of the sums is fixed
// Traffic   T * V floats (GPU: each further pass reads a 16th of the one before; CPU: 2 * T * V)
// Twin      Sources/Compute/Sampling/Sampling.swift, Sources/CArithmetic/sampling.c
// Needs     lanes.h row_reductions.h
// Build     LANES=256

#ifdef CPU_DEVICE

KERNEL(1) sample_rows(const GLOBAL float *RESTRICT probabilities,
                      const GLOBAL float *RESTRICT uniforms, GLOBAL int *RESTRICT tokens,
                      int width) {
  const int row = GROUP_ID;
  const GLOBAL float *from = probabilities + (OFFSET)row * width;
  Lane sums = 0.0f;
  for (int v = 0; v < width; v += STRIDE) sums += load_or_zero(from, v, width);
  float rest = uniforms[row] * total(sums, 0);
  int block = 0;
  float target = rest;
  for (int v = 0; v < width; v += STRIDE) {
    const float sum = total(load_or_zero(from, v, width), 0);
    if (sum > 0.0f) {
      block = v;
      target = rest;
      if (rest < sum) break;
      rest -= sum;
    }
  }
  int token = block;
  float weights[STRIDE];
  vstore16(load_or_zero(from, block, width), 0, weights);
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

KERNEL(LANES) sample_rows(const GLOBAL float *RESTRICT probabilities,
                          const GLOBAL float *RESTRICT uniforms, GLOBAL int *RESTRICT tokens,
                          int width) {
  LOCAL float partial[LANES];
  LOCAL float sums[SPANS];
  LOCAL float target[1];
  LOCAL int chosen[1];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = probabilities + (OFFSET)row * width;

  // The drawn token is one of the `length` tokens from `begin`; `rest` is the target sum from
  // `begin`.
  int begin = 0, length = width;
  float rest = uniforms[row];
  for (int divides = 1; divides; divides = length > SIDE) {
    const int span = (length + SPANS - 1) / SPANS;
    const int first = begin + lane / SIDE * span;
    const int last = begin + length < width ? begin + length : width;
    const int end = first + span < last ? first + span : last;
    float sum = 0.0f;
    for (int v = first + lane % SIDE; v < end; v += SIDE) sum += from[v];
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
      rest -= from[v];
      if (from[v] > 0.0f) token = v;
    }
    tokens[row] = token;
  }
}

#endif
