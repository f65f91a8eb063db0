// Activation functions, alone and as a gate; formulas in Kernels/activations.h.
#pragma once
#include <stddef.h>

// The numbers are those of Kernels/activations.h.
enum { ACTIVATION_SILU, ACTIVATION_GELU_TANH, ACTIVATION_GELU, ACTIVATION_RELU };

/// y[i] = activation(x[i]) for i in begin ..< end.
void activation_forward(ptrdiff_t begin, ptrdiff_t end, int activation, const float *_Nonnull x,
                        float *_Nonnull y);

/// x[i] = d_y[i] * activation'(x[i]) for i in begin ..< end.
void activation_backward(ptrdiff_t begin, ptrdiff_t end, int activation,
                         const float *_Nonnull d_y, float *_Nonnull x);

/// hidden[t] = activation(gate[t]) * up[t] for rows begin ..< end; gate_up rows are [gate; up],
/// `width` each.
void swiglu_forward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, int activation,
                    const float *_Nonnull gate_up, float *_Nonnull hidden);

/// The gradient of rows begin ..< end of gate_up, in place.
void swiglu_backward(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, int activation,
                     const float *_Nonnull d_hidden, float *_Nonnull gate_up);
