// Rows of logits in 16 bits; formula in Kernels/compress_logits.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// compressed[r] for rows begin ..< end of logits [R, width].
void compress_logits(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull logits,
                     uint16_t *_Nonnull compressed);
