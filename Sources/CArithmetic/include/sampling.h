// Draws a token per row of logits; Kernels/sampling.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// tokens[t] = the first index whose cumulative probability under softmax(logits[t] / temperature)
/// exceeds uniforms[t], for rows begin ..< end of logits [T, width].
void sample_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull logits,
                 float temperature, const float *_Nonnull uniforms, int32_t *_Nonnull tokens);
