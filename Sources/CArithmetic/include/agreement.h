// Whether a row's most likely token is a given one; formula in Kernels/agreement.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// agreements[r], 1 or 0, for rows begin ..< end of logits [R, width]: whether the first largest is chosen[places[r]].
void agreement(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull logits,
               const int32_t *_Nonnull chosen, const int32_t *_Nonnull places,
               float *_Nonnull agreements);
