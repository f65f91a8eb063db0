// Forward KL against a projected teacher; formulas in Kernels/projected_divergence.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Probabilities in place of rows begin ..< end of logits [R, width], and entropies[r].
void project_teacher(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *_Nonnull logits,
                     float inverse_temperature, float *_Nonnull entropies);

/// The teacher's side of a call: projected [*, width] and entropies [*], of which row r takes places[r].
typedef struct ProjectedTeacher {
  const float *_Nonnull projected;
  const float *_Nonnull entropies;
  const int32_t *_Nonnull places;
} ProjectedTeacher;

/// For rows begin ..< end: losses[r], gradient_factor * q in place of logits[r] [vocabulary], and
/// -gradient_factor * m in hidden_gradient[r] [width].
void projected_divergence(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t vocabulary, ptrdiff_t width,
                          ProjectedTeacher teacher, const float *_Nonnull hidden,
                          float *_Nonnull logits, float inverse_temperature,
                          float gradient_factor, float *_Nonnull hidden_gradient,
                          float *_Nonnull losses);

/// losses[r] alone.
void projected_divergence_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t vocabulary,
                               ptrdiff_t width, ProjectedTeacher teacher,
                               const float *_Nonnull hidden, const float *_Nonnull logits,
                               float inverse_temperature, float *_Nonnull losses);
