// activation.cl - an activation function, element by element, and its gradient.
//
//     activation_forward    y[i]   = activation(x[i])
//     activation_backward   d_x[i] = d_y[i] * activation'(x[i])
//
//     x     [count]  read; by activation_backward update: x on entry, d_x on exit
//     d_y   [count]  read
//     y     [count]  write
//     activation     its number in activations.h
//
// Mapping   one work-group (CPU: one work-item) per SPAN elements (lanes.h)
// Passes    one
// Numerics  f32; formulas in activations.h
// Traffic   forward 2 * count floats, backward 3 * count
// Twin      Sources/Compute/Elementwise/Activation.swift, Sources/CArithmetic/activation.c
// Needs     lanes.h activations.h
// Tunable   QUADS 1 if count is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=128 SPAN=1024 QUADS=0,1

KERNEL(LANES) activation_forward(const GLOBAL float *RESTRICT x, GLOBAL float *RESTRICT y,
                                 OFFSET count, int activation) {
  const OFFSET begin = (OFFSET)GROUP_ID * SPAN;
  const int length = count - begin < SPAN ? (int)(count - begin) : SPAN;
  const GLOBAL float *from = x + begin;
  GLOBAL float *to = y + begin;
  for (int i = FIRST; i < length; i += STRIDE)
    store_lane(activated(load_or_zero(from, i, length), activation), to, i, length);
}

KERNEL(LANES) activation_backward(const GLOBAL float *RESTRICT d_y,
                                  GLOBAL float *RESTRICT x, OFFSET count, int activation) {
  const OFFSET begin = (OFFSET)GROUP_ID * SPAN;
  const int length = count - begin < SPAN ? (int)(count - begin) : SPAN;
  const GLOBAL float *gradient = d_y + begin;
  GLOBAL float *to = x + begin;
  for (int i = FIRST; i < length; i += STRIDE)
    store_lane(load_or_zero(gradient, i, length) *
                   activation_slope(load_or_zero(to, i, length), activation),
               to, i, length);
}
