// Forward KL against a projected teacher; formulas in Kernels/projected_divergence.cl.
#pragma once
#include <stdbool.h>
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

/// What parts of the vocabulary add to the softmax of rows. Of part p and row r: the largest logit, maxima[p, r]; the sum over the
/// part of exp((z - maximum) * inverse_temperature), sums[p, r]; and of these times W's rows, gathered[p, r] [width].
typedef struct VocabularyParts {
  float *_Nonnull maxima;
  float *_Nonnull sums;
  float *_Nonnull gathered;
} VocabularyParts;

/// Takes a tile of logits [rows, count] into the maxima and sums of one part, and puts exp((z - maximum) *
/// inverse_temperature) in its place; what was gathered before is rescaled. The first tile of a part begins it.
void projected_tile(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width, bool is_first,
                    float inverse_temperature, float *_Nonnull logits, VocabularyParts part);

/// Adds to what is gathered of a tile what rounding its exponentials z [rows, count] to bf16 left out, of those that are more
/// than 1/64 of their row's sum so far: at most 64 of a row. `weight` is the tile's rows of W [count, width] in bf16,
/// at any address.
void projected_remainders(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width,
                          const void *_Nonnull weight, const float *_Nonnull z,
                          VocabularyParts part);

/// For rows begin ..< end of `rows`: losses[r], and gradient_factor * (W^T q - m) in hidden_gradient[r] [width].
void projected_sum(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t rows, ptrdiff_t width,
                   ptrdiff_t part_count, VocabularyParts parts, ProjectedTeacher teacher,
                   const float *_Nonnull hidden, float inverse_temperature,
                   float gradient_factor, float *_Nonnull hidden_gradient, float *_Nonnull losses);
