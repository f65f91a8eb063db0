// residual_add.cl - adds to the residual stream.
//
//     add_elements        y[i] += x[i]
//     scale_elements      y[i] *= factor                     Granite's multipliers, logit scales
//     add_position_rows   y[t,e] += table[positions[t], e]   learned position embeddings
//
//     x           [count]  read
//     table       [P, E]   read
//     positions   [T]      read
//     y           [count] or [T, E]  update
//
// Mapping   one work-item per element, or per four with QUADS=1; add_position_rows: work-group
//           (t, c) has columns c * LANES ... of row t
// Passes    one
// Numerics  one rounding per element
// Traffic   3 * count floats; scale_elements 2 * count
// Twin      Sources/Compute/Elementwise/ResidualAdd.swift, Sources/CArithmetic/residual_add.c
// Tunable   QUADS 1 if count is a multiple of 4: work-items then load and store 16 bytes
// Build     LANES=256 QUADS=0,1

KERNEL(LANES) add_elements(const GLOBAL float *RESTRICT x, GLOBAL float *RESTRICT y,
                           OFFSET count) {
#if QUADS
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  if (i < count) {
    const float4 a = *(const GLOBAL float4 *)(x + i);
    const float4 b = *(const GLOBAL float4 *)(y + i);
    *(GLOBAL float4 *)(y + i) = make_float4(b.x + a.x, b.y + a.y, b.z + a.z, b.w + a.w);
  }
#else
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) y[i] += x[i];
#endif
}

KERNEL(LANES) scale_elements(GLOBAL float *RESTRICT y, OFFSET count, float factor) {
#if QUADS
  const OFFSET i = 4 * ((OFFSET)GROUP_ID * LANES + LOCAL_ID);
  if (i < count) {
    const float4 v = *(const GLOBAL float4 *)(y + i);
    *(GLOBAL float4 *)(y + i) =
        make_float4(v.x * factor, v.y * factor, v.z * factor, v.w * factor);
  }
#else
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) y[i] *= factor;
#endif
}

KERNEL(LANES) add_position_rows(const GLOBAL float *RESTRICT table,
                                const GLOBAL int *RESTRICT positions, GLOBAL float *RESTRICT y,
                                int width) {
  const int e = GROUP_ID_Y * LANES + LOCAL_ID;
  const OFFSET row = GROUP_ID;
  if (e < width) y[row * width + e] += table[(OFFSET)positions[row] * width + e];
}
