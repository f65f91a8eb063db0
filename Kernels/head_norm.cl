// head_norm.cl - QK norm: the norm of queries or keys before RoPE, per head or over all heads
// (Henry et al. 2020, arXiv:2010.04245; RMSNorm in Qwen3, Gemma 3 and OLMo 2, LayerNorm without
// bias in StableLM 2), and its gradient with respect to the input.
//
// Per row t of T and head h of H, over D elements, in place; m is mean_d x if CENTRED is 1, else 0:
//     s        = 1 / sqrt(mean_d (x[d] - m)^2 + epsilon)
//     kept[d]  = x[d]
//     x[d]     = (x[d] - m) * s * weight[h,d]
// and with g = d_y * weight, c = kept - m, in place of d_y:
//     d_y[d]   = s * (g[d] - (CENTRED ? mean_d g : 0) - c[d] * s^2 * mean_d(g * c))
//
//     x, d_y    [T, stride]  update   H * D elements of each row from `first`:
//                                    queries or keys of a projection
//     kept      [T, H, D]    write (forward), read (backward): x before the norm;
//                                    m and s are recomputed from it
//     weight    [H, D]       read
//
// Mapping   GPU: one work-group of LANES per head of a row. CPU: one work-item per head of a row
//           (lanes.h).
// Passes    forward: 1. mean, if CENTRED  2. sum of squares  3. norm.   backward: 1 and 2 again,
//           sums of g and g * c, gradient; a head stays in cache
// Numerics  f32
// Traffic   3 * T * H * D floats in either direction
// Twin      Sources/Compute/Norm/HeadNorm.swift, Sources/CArithmetic/head_norm.c
// Needs     lanes.h row_reductions.h
// Tunable   QUADS 1 if D, stride and first are multiples of 4: lanes then load and store 16 bytes
// Build     LANES=128 CENTRED=0,1 QUADS=0,1

// The mean that is subtracted from the elements of a head.
DEVICE float head_mean(const GLOBAL float *head, int width, LOCAL_ARG float *partial) {
#if CENTRED
  Lane sum = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) sum += load_or_zero(head, e, width);
  return total(sum, partial) / (float)width;
#else
  (void)head, (void)width, (void)partial;
  return 0.0f;
#endif
}

DEVICE float head_scale(const GLOBAL float *head, int width, float mean, float epsilon,
                        LOCAL_ARG float *partial) {
  Lane squares = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane c = load_lane_or(head, e, width, mean) - mean;
    squares += c * c;
  }
  return 1.0f / SQRT(total(squares, partial) / (float)width + epsilon);
}

KERNEL(LANES) head_norm_forward(GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT weight,
                                GLOBAL float *RESTRICT kept, int stride, int first, int heads,
                                int width, float epsilon) {
  LOCAL float partial[LANES];
  const int h = GROUP_ID_Y;
  const OFFSET row = GROUP_ID;
  GLOBAL float *head = x + row * stride + first + (OFFSET)h * width;
  GLOBAL float *before = kept + (row * heads + h) * width;
  const GLOBAL float *w = weight + (OFFSET)h * width;
  const float m = head_mean(head, width, partial);
  const float s = head_scale(head, width, m, epsilon, partial);
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane v = load_or_zero(head, e, width);
    store_lane(v, before, e, width);
    store_lane((v - m) * s * load_or_zero(w, e, width), head, e, width);
  }
}

KERNEL(LANES) head_norm_backward(GLOBAL float *RESTRICT d_y, const GLOBAL float *RESTRICT weight,
                                 const GLOBAL float *RESTRICT kept, int stride, int first,
                                 int heads, int width, float epsilon) {
  LOCAL float partial[LANES];
  const int h = GROUP_ID_Y;
  const OFFSET row = GROUP_ID;
  GLOBAL float *gradient = d_y + row * stride + first + (OFFSET)h * width;
  const GLOBAL float *before = kept + (row * heads + h) * width;
  const GLOBAL float *w = weight + (OFFSET)h * width;
  const float m = head_mean(before, width, partial);
  const float s = head_scale(before, width, m, epsilon, partial);
  Lane sum = 0.0f;
  Lane products = 0.0f;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane g = load_or_zero(gradient, e, width) * load_or_zero(w, e, width);
    sum += g;
    products += g * (load_or_zero(before, e, width) - m);
  }
  const float shift = CENTRED ? total(sum, partial) / (float)width : 0.0f;
  const float correction = s * s * total(products, partial) / (float)width;
  for (int e = FIRST; e < width; e += STRIDE) {
    const Lane g = load_or_zero(gradient, e, width) * load_or_zero(w, e, width);
    store_lane(s * (g - shift - (load_or_zero(before, e, width) - m) * correction),
               gradient, e, width);
  }
}
