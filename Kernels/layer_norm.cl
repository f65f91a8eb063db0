// layer_norm.cl - LayerNorm (Ba, Kiros and Hinton 2016, arXiv:1607.06450) and its gradient with respect to the input.
//
// Per row t of T, over E elements:
//     mean[t]  = mean_e x[t,e]
//     scale[t] = 1 / sqrt(mean_e (x[t,e] - mean[t])^2 + epsilon)
//     y[t,e]   = (x[t,e] - mean[t]) * scale[t] * weight[e] + bias[e]
// and with g = d_y * weight, c = x - mean:
//     d_x[t,e] = scale[t] * (g[t,e] - mean_e g - c[t,e] * scale[t]^2 * mean_e(g * c)), added to what d_x holds where
//                accumulate is 1
//
//     x             [T, E]  read
//     weight, bias  [E]     read
//     y             [T, E]  write
//     mean, scale   [T]     write (forward), read (backward)
//     d_y           [T, E]  read
//     d_x           [T, E]  write, or update where accumulate is 1 (the residual stream's gradient)
//
// Mapping   GPU: one work-group of LANES a row; lane l visits e = l, l + LANES, ... (coalesced).
//           CPU: one work-item a row, 16 elements at a time.
// Passes    forward: 1. mean  2. variance around it (a second pass, since E(x^2) - mean^2 cancels)  3. y
//           backward: 1. sums of g and g * c  2. gradient
// Numerics  f32
// Traffic   forward 4 * T * E floats (2 where the row stays in cache), backward 5 * T * E
// Twin      Sources/Compute/Operations/LayerNorm.swift, Sources/CArithmetic/layer_norm.c
// Needs     reductions.h
// Build     LANES=128

#ifdef CPU_DEVICE

KERNEL(1) layer_norm_forward(const GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT weight,
                             const GLOBAL float *RESTRICT bias, GLOBAL float *RESTRICT y,
                             GLOBAL float *RESTRICT mean, GLOBAL float *RESTRICT scale, int width,
                             float epsilon) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  const int wide = width & ~15;
  float16 sums = 0.0f;
  for (int e = 0; e < wide; e += 16) sums += vload16(0, from + e);
  float sum = sum16(sums);
  for (int e = wide; e < width; e++) sum += from[e];
  const float m = sum / (float)width;
  float16 squares = 0.0f;
  for (int e = 0; e < wide; e += 16) {
    const float16 c = vload16(0, from + e) - m;
    squares += c * c;
  }
  float square = sum16(squares);
  for (int e = wide; e < width; e++) square += (from[e] - m) * (from[e] - m);
  const float s = 1.0f / SQRT(square / (float)width + epsilon);
  for (int e = 0; e < wide; e += 16)
    vstore16((vload16(0, from + e) - m) * s * vload16(0, weight + e) + vload16(0, bias + e), 0, to + e);
  for (int e = wide; e < width; e++) to[e] = (from[e] - m) * s * weight[e] + bias[e];
  mean[row] = m;
  scale[row] = s;
}

KERNEL(1) layer_norm_backward(const GLOBAL float *RESTRICT d_y, const GLOBAL float *RESTRICT x,
                              const GLOBAL float *RESTRICT weight,
                              const GLOBAL float *RESTRICT mean,
                              const GLOBAL float *RESTRICT scale, GLOBAL float *RESTRICT d_x,
                              int width, int accumulate) {
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float m = mean[row];
  const float s = scale[row];
  const int wide = width & ~15;
  float16 sums = 0.0f;
  float16 products = 0.0f;
  for (int e = 0; e < wide; e += 16) {
    const float16 g = vload16(0, gradient + e) * vload16(0, weight + e);
    sums += g;
    products += g * (vload16(0, from + e) - m);
  }
  float sum = sum16(sums);
  float product = sum16(products);
  for (int e = wide; e < width; e++) {
    const float g = gradient[e] * weight[e];
    sum += g;
    product += g * (from[e] - m);
  }
  const float shift = sum / (float)width;
  const float pull = s * s * product / (float)width;
  for (int e = 0; e < wide; e += 16) {
    const float16 g = vload16(0, gradient + e) * vload16(0, weight + e);
    const float16 d = s * (g - shift - (vload16(0, from + e) - m) * pull);
    vstore16(accumulate ? vload16(0, to + e) + d : d, 0, to + e);
  }
  for (int e = wide; e < width; e++) {
    const float d = s * (gradient[e] * weight[e] - shift - (from[e] - m) * pull);
    to[e] = accumulate ? to[e] + d : d;
  }
}

#else

KERNEL(LANES) layer_norm_forward(const GLOBAL float *RESTRICT x,
                                 const GLOBAL float *RESTRICT weight,
                                 const GLOBAL float *RESTRICT bias, GLOBAL float *RESTRICT y,
                                 GLOBAL float *RESTRICT mean, GLOBAL float *RESTRICT scale,
                                 int width, float epsilon) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  float sum = 0.0f;
  for (int e = lane; e < width; e += LANES) sum += from[e];
  const float m = sum_over_lanes(sum, partial) / (float)width;
  float squares = 0.0f;
  for (int e = lane; e < width; e += LANES) squares += (from[e] - m) * (from[e] - m);
  const float s = 1.0f / SQRT(sum_over_lanes(squares, partial) / (float)width + epsilon);
  for (int e = lane; e < width; e += LANES) to[e] = (from[e] - m) * s * weight[e] + bias[e];
  if (lane == 0) {
    mean[row] = m;
    scale[row] = s;
  }
}

KERNEL(LANES) layer_norm_backward(const GLOBAL float *RESTRICT d_y,
                                  const GLOBAL float *RESTRICT x,
                                  const GLOBAL float *RESTRICT weight,
                                  const GLOBAL float *RESTRICT mean,
                                  const GLOBAL float *RESTRICT scale,
                                  GLOBAL float *RESTRICT d_x, int width, int accumulate) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float m = mean[row];
  const float s = scale[row];
  float sum = 0.0f;
  float products = 0.0f;
  for (int e = lane; e < width; e += LANES) {
    const float g = gradient[e] * weight[e];
    sum += g;
    products += g * (from[e] - m);
  }
  const float shift = sum_over_lanes(sum, partial) / (float)width;
  const float pull = s * s * sum_over_lanes(products, partial) / (float)width;
  for (int e = lane; e < width; e += LANES) {
    const float d = s * (gradient[e] * weight[e] - shift - (from[e] - m) * pull);
    to[e] = accumulate ? to[e] + d : d;
  }
}

#endif
