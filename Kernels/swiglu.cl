// swiglu.cl - the gated activation of a feed-forward layer (Shazeer 2020, arXiv:2002.05202) and its
// gradient.
//
// A row of gate_up is gate | up, the output of one fused GEMM:
//     swiglu_forward    hidden[t,f] = activation(gate[t,f]) * up[t,f]
//     swiglu_backward   d_gate[t,f] = d_hidden[t,f] * up[t,f] * activation'(gate[t,f])
//                       d_up[t,f]   = d_hidden[t,f] * activation(gate[t,f])
//
//     gate_up     [T, 2F]  read; swiglu_backward: update, gate | up on entry,
//                         d_gate | d_up on exit
//     hidden      [T, F]   write
//     d_hidden    [T, F]   read
//     activation           its number in activations.h
//
// Mapping   one work-group (CPU: one work-item) per SPAN columns of a row (lanes.h): group (t, c)
//           has columns c * SPAN ... of row t, a GPU's lane four of them at a time with QUADS=1
// Passes    one
// Numerics  f32; formulas in activations.h
// Traffic   forward 3 * T * F floats, backward 5 * T * F
// Twin      Sources/Compute/Elementwise/SwiGLU.swift, Sources/CArithmetic/activation.c
// Needs     lanes.h activations.h
// Tunable   QUADS 1 if F is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=128 SPAN=1024 QUADS=0,1

KERNEL(LANES) swiglu_forward(const GLOBAL float *RESTRICT gate_up, GLOBAL float *RESTRICT hidden,
                             int width, int activation) {
  const OFFSET row = GROUP_ID;
  const int begin = GROUP_ID_Y * SPAN;
  const int end = width - begin < SPAN ? width : begin + SPAN;
  const GLOBAL float *gate = gate_up + 2 * row * width;
  const GLOBAL float *up = gate + width;
  GLOBAL float *to = hidden + row * width;
#if QUADS && !defined(CPU_DEVICE)
  for (int f = begin + 4 * LOCAL_ID; f < end; f += 4 * LANES) {
    const float4 g = *(const GLOBAL float4 *)(gate + f);
    const float4 u = *(const GLOBAL float4 *)(up + f);
    *(GLOBAL float4 *)(to + f) =
        make_float4(activated(g.x, activation) * u.x, activated(g.y, activation) * u.y,
                    activated(g.z, activation) * u.z, activated(g.w, activation) * u.w);
  }
#else
  for (int f = begin + FIRST; f < end; f += STRIDE)
    store_lane(activated(load_or_zero(gate, f, end), activation) * load_or_zero(up, f, end), to, f,
               end);
#endif
}

KERNEL(LANES) swiglu_backward(const GLOBAL float *RESTRICT d_hidden,
                              GLOBAL float *RESTRICT gate_up, int width, int activation) {
  const OFFSET row = GROUP_ID;
  const int begin = GROUP_ID_Y * SPAN;
  const int end = width - begin < SPAN ? width : begin + SPAN;
  const GLOBAL float *gradient = d_hidden + row * width;
  GLOBAL float *gate = gate_up + 2 * row * width;
  GLOBAL float *up = gate + width;
#if QUADS && !defined(CPU_DEVICE)
  for (int f = begin + 4 * LOCAL_ID; f < end; f += 4 * LANES) {
    const float4 g = *(const GLOBAL float4 *)(gate + f);
    const float4 d = *(const GLOBAL float4 *)(gradient + f);
    const float4 u = *(const GLOBAL float4 *)(up + f);
    *(GLOBAL float4 *)(gate + f) =
        make_float4(d.x * u.x * activation_slope(g.x, activation),
                    d.y * u.y * activation_slope(g.y, activation),
                    d.z * u.z * activation_slope(g.z, activation),
                    d.w * u.w * activation_slope(g.w, activation));
    *(GLOBAL float4 *)(up + f) =
        make_float4(d.x * activated(g.x, activation), d.y * activated(g.y, activation),
                    d.z * activated(g.z, activation), d.w * activated(g.w, activation));
  }
#else
  for (int f = begin + FIRST; f < end; f += STRIDE) {
    const Lane g = load_or_zero(gate, f, end);
    const Lane d = load_or_zero(gradient, f, end);
    const Lane u = load_or_zero(up, f, end);
    store_lane(d * u * activation_slope(g, activation), gate, f, end);
    store_lane(d * activated(g, activation), up, f, end);
  }
#endif
}
