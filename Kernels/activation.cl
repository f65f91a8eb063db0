// activation.cl - an activation function, element by element, and its gradient.
//
//     activation_forward    y[i]   = activation(x[i])
//     activation_backward   d_x[i] = d_y[i] * activation'(x[i])
//
//     x, d_y   [count]  read
//     y, d_x   [count]  write
//
// Mapping   one work-item an element
// Passes    one
// Numerics  f32; formulas in activations.h
// Traffic   forward 2 * count floats, backward 3 * count
// Twin      Sources/Compute/Operations/Activation.swift, Sources/CArithmetic/activation.c
// Needs     activations.h
// Build     LANES=256 ACTIVATION=0,1,2,3

KERNEL(LANES) activation_forward(const GLOBAL float *RESTRICT x, GLOBAL float *RESTRICT y,
                                 int count) {
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) y[i] = activated(x[i]);
}

KERNEL(LANES) activation_backward(const GLOBAL float *RESTRICT d_y,
                                  const GLOBAL float *RESTRICT x, GLOBAL float *RESTRICT d_x,
                                  int count) {
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) d_x[i] = d_y[i] * activation_slope(x[i]);
}
