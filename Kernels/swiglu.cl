// swiglu.cl - the gated activation of a feed-forward layer (Shazeer 2020, arXiv:2002.05202) and its gradient.
//
// A row of gate_up is gate | up, as one fused product gives it:
//     swiglu_forward    hidden[t,f] = activation(gate[t,f]) * up[t,f]
//     swiglu_backward   d_gate[t,f] = d_hidden[t,f] * up[t,f] * activation'(gate[t,f])
//                       d_up[t,f]   = d_hidden[t,f] * activation(gate[t,f])
//
//     gate_up     [T, 2F]  read
//     hidden      [T, F]   write
//     d_hidden    [T, F]   read
//     d_gate_up   [T, 2F]  write
//
// Mapping   one work-item an element of a row: work-group (c, t) holds columns c * LANES ... of row t (coalesced)
// Passes    one
// Numerics  f32; formulas in activations.h
// Traffic   forward 3 * T * F floats, backward 5 * T * F
// Twin      Sources/Compute/Operations/SwiGLU.swift, Sources/CArithmetic/activation.c
// Needs     activations.h
// Build     LANES=256 ACTIVATION=0,1,2,3

KERNEL(LANES) swiglu_forward(const GLOBAL float *RESTRICT gate_up, GLOBAL float *RESTRICT hidden,
                             int width) {
  const int f = GROUP_ID * LANES + LOCAL_ID;
  const OFFSET row = GROUP_ID_Y;
  if (f < width) {
    const GLOBAL float *gate = gate_up + 2 * row * width;
    hidden[row * width + f] = activated(gate[f]) * gate[width + f];
  }
}

KERNEL(LANES) swiglu_backward(const GLOBAL float *RESTRICT d_hidden,
                              const GLOBAL float *RESTRICT gate_up,
                              GLOBAL float *RESTRICT d_gate_up, int width) {
  const int f = GROUP_ID * LANES + LOCAL_ID;
  const OFFSET row = GROUP_ID_Y;
  if (f < width) {
    const GLOBAL float *gate = gate_up + 2 * row * width;
    GLOBAL float *d_gate = d_gate_up + 2 * row * width;
    const float d = d_hidden[row * width + f];
    d_gate[f] = d * gate[width + f] * activation_slope(gate[f]);
    d_gate[width + f] = d * activated(gate[f]);
  }
}
