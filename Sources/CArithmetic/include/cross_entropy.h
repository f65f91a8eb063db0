// Loss of given tokens under rows of logits, and its gradient; formulas in Kernels/cross_entropy.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Settings of a call.
typedef struct CrossEntropyTerms {
  float inverse_temperature;
  float gradient_factor;   // weight / temperature
  float inverse_soft_cap;  // 1 / c if the logits are soft-capped at c, else 0
} CrossEntropyTerms;

/// losses[r], and the gradient in place of logits[r], for rows begin ..< end of logits [R, width],
/// of the token targets[row_indices[r]].
void cross_entropy(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const int32_t *_Nonnull targets,
                   const int32_t *_Nonnull row_indices, float *_Nonnull logits,
                   CrossEntropyTerms terms, float *_Nonnull losses);

/// As cross_entropy, without the gradient.
void cross_entropy_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                        const int32_t *_Nonnull targets, const int32_t *_Nonnull row_indices,
                        const float *_Nonnull logits, float inverse_temperature,
                        float *_Nonnull losses);
