// sampling.cl - a token drawn from a row of logits by the inverse of its distribution function.
//
//     tokens[t] = the first v with sum_{w <= v} softmax(logits[t] / temperature)[w] > uniforms[t]
//
//     logits     [T, V]  read
//     uniforms   [T]     read     in [0, 1)
//     tokens     [T]     write
//
// Mapping   GPU: one work-group of LANES a row; lane l holds the l-th of LANES spans of consecutive tokens, so
//           that cumulative sums run in the order of the tokens.
//           CPU: one work-item a row, 16 tokens at a time.
// Passes    1. maximum  2. weights e^((x - max) / temperature), summed  3. the span, or the 16 tokens, that hold
//           uniform * total are walked through. Where rounding carries the walk past the end, the last token
//           that has a weight is taken: a token of probability 0 is never drawn.
// Numerics  f32; the order of the sums is fixed
// Traffic   2 * T * V floats
// Twin      Sources/Compute/Operations/Sampling.swift, Sources/CArithmetic/sampling.c
// Needs     reductions.h
// Build     LANES=256

#ifdef CPU_DEVICE

// The weights of 16 tokens from v on; 0 behind the row.
DEVICE float16 weights16(const GLOBAL float *row, int v, int width, float largest, float scale) {
  if (v + 16 <= width) return exp((vload16(0, row + v) - largest) * scale);
  float weights[16];
  for (int i = 0; i < 16; i++)
    weights[i] = v + i < width ? EXP((row[v + i] - largest) * scale) : 0.0f;
  return vload16(0, weights);
}

KERNEL(1) sample_rows(const GLOBAL float *RESTRICT logits, const GLOBAL float *RESTRICT uniforms,
                      GLOBAL int *RESTRICT tokens, int width, float temperature) {
  const int row = GROUP_ID;
  const GLOBAL float *from = logits + (OFFSET)row * width;
  const float scale = 1.0f / temperature;
  float16 largest16 = -INFINITY;
  for (int v = 0; v + 16 <= width; v += 16) largest16 = fmax(largest16, vload16(0, from + v));
  float largest = max16(largest16);
  for (int v = width & ~15; v < width; v++) largest = MAX(largest, from[v]);
  float total = 0.0f;
  for (int v = 0; v < width; v += 16) total += sum16(weights16(from, v, width, largest, scale));
  float rest = uniforms[row] * total;
  int block = 0;
  float target = rest;
  for (int v = 0; v < width; v += 16) {
    const float sum = sum16(weights16(from, v, width, largest, scale));
    if (sum > 0.0f) {
      block = v;
      target = rest;
      if (rest < sum) break;
      rest -= sum;
    }
  }
  int token = block;
  float weights[16];
  vstore16(weights16(from, block, width, largest, scale), 0, weights);
  for (int i = 0; i < 16 && target >= 0.0f; i++) {
    target -= weights[i];
    if (weights[i] > 0.0f) token = block + i;
  }
  tokens[row] = token;
}

#else

KERNEL(LANES) sample_rows(const GLOBAL float *RESTRICT logits,
                          const GLOBAL float *RESTRICT uniforms, GLOBAL int *RESTRICT tokens,
                          int width, float temperature) {
  LOCAL float partial[LANES];
  LOCAL float target[1];
  LOCAL int chosen[1];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = logits + (OFFSET)row * width;
  const float scale = 1.0f / temperature;
  float largest = -INFINITY;
  for (int v = lane; v < width; v += LANES) largest = MAX(largest, from[v]);
  largest = max_over_lanes(largest, partial);
  const int span = (width + LANES - 1) / LANES;
  const int begin = lane * span;
  const int end = begin + span < width ? begin + span : width;
  float sum = 0.0f;
  for (int v = begin; v < end; v++) sum += EXP((from[v] - largest) * scale);
  partial[lane] = sum;
  BARRIER();
  if (lane == 0) {
    float total = 0.0f;
    for (int l = 0; l < LANES; l++) total += partial[l];
    float rest = uniforms[row] * total;
    int last = 0;
    for (int l = 0; l < LANES; l++) {
      if (partial[l] > 0.0f) {
        last = l;
        if (rest < partial[l]) break;
        rest -= partial[l];
      }
    }
    chosen[0] = last;
    target[0] = rest;
  }
  BARRIER();
  if (lane == chosen[0]) {
    float rest = target[0];
    int token = begin;
    for (int v = begin; v < end && rest >= 0.0f; v++) {
      const float weight = EXP((from[v] - largest) * scale);
      rest -= weight;
      if (weight > 0.0f) token = v;
    }
    tokens[row] = token;
  }
}

#endif
