// layer_norm.cl - LayerNorm (Ba, Kiros and Hinton 2016, arXiv:1607.06450) and its gradient with
// respect to the input.
//
// Per row t of T, over E elements:
//     mean[t]  = mean_e x[t,e]
//     scale[t] = 1 / sqrt(mean_e (x[t,e] - mean[t])^2 + epsilon)
//     y[t,e]   = (x[t,e] - mean[t]) * scale[t] * weight[e] + bias[e]
// and with g = d_y * weight, c = x - mean:
//     d_x[t,e] = scale[t] * (g[t,e] - mean_e g - c[t,e] * scale[t]^2 * mean_e(g * c)), added to d_x
//     if
//                accumulate is 1
//
//     x             [T, E]  read
//     weight, bias  [E]     read
//     y             [T, E]  write
//     mean, scale   [T]     write (forward), read (backward)
//     d_y           [T, E]  read
//     d_x           [T, E]  write, or update if accumulate is 1 (residual stream gradient)
//
// Mapping   GPU: one work-group of LANES per row. CPU: one work-item per row (lanes.h).
// Passes    forward: 1. mean  2. variance (a second pass, since E(x^2) - mean^2 cancels)  3. y
//           backward: 1. sums of g and g * c  2. gradient
// Numerics  f32
// Traffic   forward 4 * T * E floats (2 if the row stays in cache), backward 5 * T * E
// Twin      Sources/Compute/Norm/LayerNorm.swift, Sources/CArithmetic/layer_norm.c
// Needs     lanes.h row_reductions.h
// Tunable   QUADS 1 if E is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=128 QUADS=0,1

KERNEL(LANES) layer_norm_forward(const GLOBAL float *RESTRICT x,
                                 const GLOBAL float *RESTRICT weight,
                                 const GLOBAL float *RESTRICT bias, GLOBAL float *RESTRICT y,
                                 GLOBAL float *RESTRICT mean, GLOBAL float *RESTRICT scale,
                                 int width, float epsilon) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  Lane sum = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) sum += load_or_zero(from, e, width);
  const float m = total(sum, partial) / (float)width;
  Lane squares = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane c = load_lane_or(from, e, width, m) - m;
    squares += c * c;
  }
  const float s = 1.0f / SQRT(total(squares, partial) / (float)width + epsilon);
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane c = load_or_zero(from, e, width) - m;
    store_lane(c * s * load_or_zero(weight, e, width) + load_or_zero(bias, e, width), to, e, width);
  }
  if (LOCAL_ID == 0) {
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
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float m = mean[row];
  const float s = scale[row];
  Lane sum = 0.0f;
  Lane products = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane g = load_or_zero(gradient, e, width) * load_or_zero(weight, e, width);
    sum += g;
    products += g * (load_or_zero(from, e, width) - m);
  }
  const float shift = total(sum, partial) / (float)width;
  const float correction = s * s * total(products, partial) / (float)width;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane g = load_or_zero(gradient, e, width) * load_or_zero(weight, e, width);
    const Lane d = s * (g - shift - (load_or_zero(from, e, width) - m) * correction);
    store_lane(accumulate ? load_or_zero(to, e, width) + d : d, to, e, width);
  }
}
