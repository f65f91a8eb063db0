// Whether the most likely token of a row is a given token; formula in Kernels/agreement.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// agreements[r] = 1 if the argmax of logits[r] is chosen[row_indices[r]], else 0, for rows begin
/// ..< end of logits [R, width].
void agreement(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull logits,
               const int32_t *_Nonnull chosen, const int32_t *_Nonnull row_indices,
               float *_Nonnull agreements);
