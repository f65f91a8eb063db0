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
//           has columns c * SPAN ... of row t
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
  for (int f = begin + FIRST; f < end; f += STRIDE)
    store_lane(activated(load_or_zero(gate, f, end), activation) * load_or_zero(up, f, end), to, f,
               end);
}

KERNEL(LANES) swiglu_backward(const GLOBAL float *RESTRICT d_hidden,
                              GLOBAL float *RESTRICT gate_up, int width, int activation) {
  const OFFSET row = GROUP_ID;
  const int begin = GROUP_ID_Y * SPAN;
  const int end = width - begin < SPAN ? width : begin + SPAN;
  const GLOBAL float *gradient = d_hidden + row * width;
  GLOBAL float *gate = gate_up + 2 * row * width;
  GLOBAL float *up = gate + width;
  for (int f = begin + FIRST; f < end; f += STRIDE) {
    const Lane g = load_or_zero(gate, f, end);
    const Lane d = load_or_zero(gradient, f, end);
    const Lane u = load_or_zero(up, f, end);
    store_lane(d * u * activation_slope(g, activation), gate, f, end);
    store_lane(d * activated(g, activation), up, f, end);
  }
}
