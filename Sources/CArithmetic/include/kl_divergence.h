// Divergence of rows of logits and its gradient; formulas in Kernels/kl_divergence.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Settings of a call.
typedef struct DivergenceTerms {
  int form;  // 0 forward KL, 1 reverse KL, 2 Jensen-Shannon
  float inverse_temperature;
  float gradient_factor;   // weight / temperature
  float inverse_soft_cap;  // 1 / c if the student's logits are soft-capped at c, else 0
  bool teacher_is_half;    // teacher rows are binary16, else f32
} DivergenceTerms;

/// losses[r], and the gradient in place of student[r], for rows begin ..< end, against
/// teacher[row_indices[r]].
void kl_divergence(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *_Nonnull teacher,
                   const int32_t *_Nonnull row_indices, float *_Nonnull student,
                   DivergenceTerms terms,
                   float *_Nonnull losses);

/// As kl_divergence, without the gradient.
void kl_divergence_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
                        const void *_Nonnull teacher, const int32_t *_Nonnull row_indices,
                        const float *_Nonnull student, DivergenceTerms terms,
                        float *_Nonnull losses);
