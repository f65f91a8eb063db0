// rms_norm.cl - RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467) and its gradient with respect to the input.
//
// Per row t of T, over E elements:
//     s[t]     = 1 / sqrt(mean_e x[t,e]^2 + epsilon)
//     y[t,e]   = x[t,e] * s[t] * weight[e]
// and with g = d_y * weight:
//     d_x[t,e] = s[t] * (g[t,e] - x[t,e] * s[t]^2 * mean_e(g[t,e] * x[t,e])), added to what d_x holds where accumulate is 1
//
//     x         [T, E]  read
//     weight    [E]     read     f32 whatever the checkpoint stores
//     y         [T, E]  write
//     scale     [T]     write (forward), read (backward): s
//     d_y       [T, E]  read
//     d_x       [T, E]  write, or update where accumulate is 1 (the residual stream's gradient)
//
// Mapping   GPU: one work-group of LANES a row; lane l visits e = l, l + LANES, ... (coalesced).
//           CPU: one work-item a row, 16 elements at a time.
// Passes    forward: 1. sum of squares  2. scale.   backward: 1. sum of g * x  2. gradient
// Numerics  f32
// Traffic   forward 3 * T * E floats (2 where the row stays in cache), backward 5 * T * E
// Twin      Sources/Compute/Operations/RMSNorm.swift, Sources/CArithmetic/rms_norm.c
// Needs     reductions.h
// Build     LANES=128

#ifdef CPU_DEVICE

KERNEL(1) rms_norm_forward(const GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT weight,
                           GLOBAL float *RESTRICT y, GLOBAL float *RESTRICT scale, int width,
                           float epsilon) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  const int wide = width & ~15;
  float16 squares = 0.0f;
  for (int e = 0; e < wide; e += 16) {
    float16 v = vload16(0, from + e);
    squares += v * v;
  }
  float sum = sum16(squares);
  for (int e = wide; e < width; e++) sum += from[e] * from[e];
  const float s = 1.0f / SQRT(sum / (float)width + epsilon);
  for (int e = 0; e < wide; e += 16)
    vstore16(vload16(0, from + e) * s * vload16(0, weight + e), 0, to + e);
  for (int e = wide; e < width; e++) to[e] = from[e] * s * weight[e];
  scale[row] = s;
}

KERNEL(1) rms_norm_backward(const GLOBAL float *RESTRICT d_y, const GLOBAL float *RESTRICT x,
                            const GLOBAL float *RESTRICT weight,
                            const GLOBAL float *RESTRICT scale, GLOBAL float *RESTRICT d_x,
                            int width, int accumulate) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float s = scale[row];
  const int wide = width & ~15;
  float16 products = 0.0f;
  for (int e = 0; e < wide; e += 16)
    products += vload16(0, gradient + e) * vload16(0, weight + e) * vload16(0, from + e);
  float sum = sum16(products);
  for (int e = wide; e < width; e++) sum += gradient[e] * weight[e] * from[e];
  const float pull = s * s * sum / (float)width;
  for (int e = 0; e < wide; e += 16) {
    float16 d = s * (vload16(0, gradient + e) * vload16(0, weight + e) - vload16(0, from + e) * pull);
    vstore16(accumulate ? vload16(0, to + e) + d : d, 0, to + e);
  }
  for (int e = wide; e < width; e++) {
    float d = s * (gradient[e] * weight[e] - from[e] * pull);
    to[e] = accumulate ? to[e] + d : d;
  }
}

#else

KERNEL(LANES) rms_norm_forward(const GLOBAL float *RESTRICT x,
                               const GLOBAL float *RESTRICT weight, GLOBAL float *RESTRICT y,
                               GLOBAL float *RESTRICT scale, int width, float epsilon) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  float squares = 0.0f;
  for (int e = lane; e < width; e += LANES) squares += from[e] * from[e];
  const float s = 1.0f / SQRT(sum_over_lanes(squares, partial) / (float)width + epsilon);
  for (int e = lane; e < width; e += LANES) to[e] = from[e] * s * weight[e];
  if (lane == 0) scale[row] = s;
}

KERNEL(LANES) rms_norm_backward(const GLOBAL float *RESTRICT d_y,
                                const GLOBAL float *RESTRICT x,
                                const GLOBAL float *RESTRICT weight,
                                const GLOBAL float *RESTRICT scale,
                                GLOBAL float *RESTRICT d_x, int width, int accumulate) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float s = scale[row];
  float products = 0.0f;
  for (int e = lane; e < width; e += LANES) products += gradient[e] * weight[e] * from[e];
  const float pull = s * s * sum_over_lanes(products, partial) / (float)width;
  for (int e = lane; e < width; e += LANES) {
    const float d = s * (gradient[e] * weight[e] - from[e] * pull);
    to[e] = accumulate ? to[e] + d : d;
  }
}

#endif
