// Softmax by rows; formula in Kernels/softmax.cl.
#pragma once
#include <stddef.h>

/// Probabilities in place of rows begin ..< end of logits [R, width].
void softmax(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *_Nonnull logits,
             float inverse_temperature);
