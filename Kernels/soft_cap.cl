// soft_cap.cl - soft-caps logits to -c ... c (Gemma 2, arXiv:2408.00118, section 2).
//
//     z[r,v] = c * tanh(z[r,v] / c)
//
//     logits   [R, V]  update
//
// The gradient is a factor 1 - (z / c)^2 of the soft-capped logits, applied by kl_divergence.cl.
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    one
// Numerics  f32; tanh by its series (Cephes' coefficients) below 0.625, else by 1 - 2 / (e^2x + 1)
// Traffic   2 * R * V floats
// Twin      Sources/Compute/Elementwise/SoftCap.swift, Sources/CArithmetic/soft_cap.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Tunable   QUADS 1 if V is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=256 QUADS=0,1

DEVICE Lane hyperbolic_tangent(Lane x) {
  const Lane y = x * x;
  Lane series = y * -5.70498872745e-3f + 2.06390887954e-2f;
  series = series * y - 5.37397155531e-2f;
  series = series * y + 1.33314422036e-1f;
  series = series * y - 3.33332819422e-1f;
  series = series * y * x + x;
  const Lane w = exponential(-2.0f * ABS(x));
  const Lane size = (1.0f - w) / (1.0f + w);
  return where_below(ABS(x), 0.625f, series, where_below(x, 0.0f, -size, size));
}

KERNEL(LANES) soft_cap(GLOBAL float *RESTRICT logits, int width, float cap) {
  GLOBAL float *z = logits + (OFFSET)GROUP_ID * width;
  for (int v = FIRST; v < width; v += STRIDE)
    store_lane(cap * hyperbolic_tangent(load_lane(z, v, width) * (1.0f / cap)), z, v, width);
}
