// rms_norm.cl - RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467) and its gradient with respect
// to the input.
//
// Per row t of T, over E elements:
//     s[t]     = 1 / sqrt(mean_e x[t,e]^2 + epsilon)
//     y[t,e]   = x[t,e] * s[t] * weight[e]
// and with g = d_y * weight:
//     d_x[t,e] = s[t] * (g[t,e] - x[t,e] * s[t]^2 * mean_e(g[t,e] * x[t,e])), added to d_x if
//     accumulate is 1
//
//     x         [T, E]  read
//     weight    [E]     read     f32, whatever the checkpoint's type
//     y         [T, E]  write
//     scale     [T]     write (forward), read (backward): s
//     d_y       [T, E]  read
//     d_x       [T, E]  write, or update if accumulate is 1 (the gradient of the residual stream)
//
// Mapping   GPU: one work-group of LANES per row. CPU: one work-item per row (lanes.h).
// Passes    forward: 1. sum of squares  2. scale.   backward: 1. sum of g * x  2. gradient
// Numerics  f32
// Traffic   forward 3 * T * E floats (2 if the row stays in cache), backward 5 * T * E
// Twin      Sources/Compute/Norm/RMSNorm.swift, Sources/CArithmetic/rms_norm.c
// Needs     lanes.h row_reductions.h
// Tunable   QUADS 1 if E is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=128 QUADS=0,1 LOCAL_TREE=0,1
// Build     LANES=128 QUADS=0,1 SUB_GROUP=32

KERNEL(LANES) rms_norm_forward(const GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT weight,
                               GLOBAL float *RESTRICT y, GLOBAL float *RESTRICT scale, int width,
                               float epsilon) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  GLOBAL float *to = y + (OFFSET)row * width;
  Lane squares = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane v = load_or_zero(from, e, width);
    squares += v * v;
  }
  const float s = 1.0f / SQRT(total(squares, partial) / (float)width + epsilon);
  for (int e = FIRST; e < width; e += STRIDE)
    store_lane(load_or_zero(from, e, width) * s * load_or_zero(weight, e, width), to, e, width);
  if (LOCAL_ID == 0) scale[row] = s;
}

KERNEL(LANES) rms_norm_backward(const GLOBAL float *RESTRICT d_y, const GLOBAL float *RESTRICT x,
                                const GLOBAL float *RESTRICT weight,
                                const GLOBAL float *RESTRICT scale, GLOBAL float *RESTRICT d_x,
                                int width, int accumulate) {
  LOCAL float partial[LANES];
  const int row = GROUP_ID;
  const GLOBAL float *from = x + (OFFSET)row * width;
  const GLOBAL float *gradient = d_y + (OFFSET)row * width;
  GLOBAL float *to = d_x + (OFFSET)row * width;
  const float s = scale[row];
  Lane products = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE)
    products += load_or_zero(gradient, e, width) * load_or_zero(weight, e, width) *
                load_or_zero(from, e, width);
  const float correction = s * s * total(products, partial) / (float)width;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane g = load_or_zero(gradient, e, width) * load_or_zero(weight, e, width);
    const Lane d = s * (g - load_or_zero(from, e, width) * correction);
    store_lane(accumulate ? load_or_zero(to, e, width) + d : d, to, e, width);
  }
}
