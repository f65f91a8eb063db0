// Mixes a teacher's distribution with given tokens; formula in Kernels/target_mixture.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Changes logits[r, y], y = targets[row_indices[r]], for rows begin ..< end of logits [R, width].
void target_mixture(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                    const int32_t *_Nonnull targets, const int32_t *_Nonnull row_indices,
                    float *_Nonnull logits, float temperature, float log_odds);
