// Draws a token per row of probabilities; Kernels/sampling.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// tokens[t] = the first index whose cumulative probability exceeds uniforms[t], for rows begin ..<
/// end of probabilities [T, width].
void sample_rows(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                 const float *_Nonnull probabilities, const float *_Nonnull uniforms,
                 int32_t *_Nonnull tokens);
