// Forward KL against a projected teacher; formulas in Kernels/projected_divergence.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Probabilities in place of rows begin ..< end of logits [R, width], and their entropies[r].
void project_teacher(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *_Nonnull logits,
                     float inverse_temperature, float *_Nonnull entropies);

/// A projected teacher: projected [*, width] and entropies [*]; row r of a call reads row
/// row_indices[r].
typedef struct ProjectedTeacher {
  const float *_Nonnull projected;
  const float *_Nonnull entropies;
  const int32_t *_Nonnull row_indices;
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

/// Partial softmax results of parts of the vocabulary. For part p and row r: the largest logit
/// maxima[p, r]; the sum of exp((z - maximum) * inverse_temperature) over the part, sums[p, r]; the
/// sum of these exponentials times the rows of W, accumulated[p, r] [width].
typedef struct VocabularyParts {
  float *_Nonnull maxima;
  float *_Nonnull sums;
  float *_Nonnull accumulated;
} VocabularyParts;

/// Online softmax over a tile of logits [rows, count]: updates the maxima and sums of one part,
/// rescales its accumulated rows, and replaces z by exp((z - maximum) * inverse_temperature).
/// `is_first` starts a part.
void projected_tile(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width, bool is_first,
                    float inverse_temperature, float *_Nonnull logits, VocabularyParts part);

/// Adds the bf16 rounding errors of a tile's exponentials z [rows, count], times the rows of W, to
/// the accumulated rows. Only exponentials above 1/64 of their row's running sum count: at most 64
/// per row. `weight` is the tile's rows of W [count, width] in bf16, at any address.
void projected_remainders(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width,
                          const void *_Nonnull weight, const float *_Nonnull z,
                          VocabularyParts part);

/// For rows begin ..< end of `rows`: losses[r], and gradient_factor * (W^T q - m) in
/// hidden_gradient[r] [width].
void projected_sum(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t rows, ptrdiff_t width,
                   ptrdiff_t part_count, VocabularyParts parts, ProjectedTeacher teacher,
                   const float *_Nonnull hidden, float inverse_temperature,
                   float gradient_factor, float *_Nonnull hidden_gradient, float *_Nonnull losses);
