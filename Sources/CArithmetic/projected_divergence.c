#include "projected_divergence.h"
#include "half.h"
#include "row_sums.h"

/// Writes p in place of a block of logits; returns the block's part of sum p * (maximum - z) /
/// temperature.
INLINE float project_block(float *z, ptrdiff_t count, float maximum, float inverse_temperature,
                           float factor) {
  SUMS_IN_ANY_ORDER
  float distance = 0;
  for (ptrdiff_t e = 0; e < count; e++) {
    const float below = (z[e] - maximum) * inverse_temperature;
    z[e] = exponential(below) * factor;
    distance -= z[e] * below;
  }
  return distance;
}

WIDE void project_teacher(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *logits,
                          float inverse_temperature, float *entropies) {
  for (ptrdiff_t r = begin; r < end; r++) {
    float *z = logits + r * width;
    const RowSum row = row_sum(z, width, inverse_temperature);
    float distance = 0;
    for (ptrdiff_t e = 0; e < width; e += BLOCK)
      distance += project_block(z + e, block_count(width, e), row.maximum, inverse_temperature,
                                1.0f / row.sum);
    entropies[r] = __builtin_logf(row.sum) + distance;
  }
}

INLINE float dot_product(const float *a, const float *b, ptrdiff_t count) {
  SUMS_IN_ANY_ORDER
  float sum = 0;
  for (ptrdiff_t e = 0; e < count; e++) sum += a[e] * b[e];
  return sum;
}

/// Subtracts the large numbers first, before small terms are added.
INLINE float row_loss(RowSum row, float dot, float entropy, float inverse_temperature) {
  return (row.maximum - dot) * inverse_temperature + (__builtin_logf(row.sum) - entropy);
}

WIDE void projected_divergence(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t vocabulary,
                               ptrdiff_t width, ProjectedTeacher teacher, const float *hidden,
                               float *logits, float inverse_temperature, float gradient_factor,
                               float *hidden_gradient, float *losses) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t teacher_row = teacher.row_indices[r];
    const float *m = teacher.projected + teacher_row * width;
    float *z = logits + r * vocabulary;
    float *gradient = hidden_gradient + r * width;
    const RowSum row = row_sum(z, vocabulary, inverse_temperature);
    const float dot = dot_product(hidden + r * width, m, width);
    losses[r] = row_loss(row, dot, teacher.entropies[teacher_row], inverse_temperature);
    for (ptrdiff_t e = 0; e < width; e++) gradient[e] = -gradient_factor * m[e];
    const float factor = gradient_factor / row.sum;
    for (ptrdiff_t e = 0; e < vocabulary; e++)
      z[e] = exponential((z[e] - row.maximum) * inverse_temperature) * factor;
  }
}

WIDE void projected_divergence_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t vocabulary,
                                    ptrdiff_t width, ProjectedTeacher teacher,
                                    const float *hidden, const float *logits,
                                    float inverse_temperature, float *losses) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t teacher_row = teacher.row_indices[r];
    const RowSum row = row_sum(logits + r * vocabulary, vocabulary, inverse_temperature);
    const float dot =
        dot_product(hidden + r * width, teacher.projected + teacher_row * width, width);
    losses[r] = row_loss(row, dot, teacher.entropies[teacher_row], inverse_temperature);
  }
}

INLINE void scale_row(float *row, ptrdiff_t width, float factor) {
  for (ptrdiff_t e = 0; e < width; e++) row[e] *= factor;
}

INLINE float exponentials(float *z, ptrdiff_t count, float maximum, float inverse_temperature) {
  SUMS_IN_ANY_ORDER
  float sum = 0;
  for (ptrdiff_t e = 0; e < count; e++) {
    z[e] = exponential((z[e] - maximum) * inverse_temperature);
    sum += z[e];
  }
  return sum;
}

WIDE void projected_tile(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width, bool is_first,
                         float inverse_temperature, float *logits, VocabularyParts part) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *z = logits + r * count;
    float maximum = largest_of(z, count);
    float sum = 0;
    if (!is_first) {
      const float before = part.maxima[r];
      maximum = maximum > before ? maximum : before;
      sum = part.sums[r];
      if (maximum > before) {
        const float factor = exponential((before - maximum) * inverse_temperature);
        scale_row(part.accumulated + r * width, width, factor);
        sum *= factor;
      }
    }
    part.maxima[r] = maximum;
    part.sums[r] = sum + exponentials(z, count, maximum, inverse_temperature);
  }
}

/// What rounding x to bf16 leaves out.
INLINE float bfloat16_remainder(float x) { return x - widen_bfloat16(narrow_bfloat16(x)); }

INLINE void add_scaled_bfloat16(float *to, const char *from, ptrdiff_t width, float factor) {
  for (ptrdiff_t e = 0; e < width; e++) {
    uint16_t stored;
    memcpy(&stored, from + 2 * e, sizeof stored);
    to[e] += factor * widen_bfloat16(stored);
  }
}

WIDE void projected_remainders(ptrdiff_t rows, ptrdiff_t count, ptrdiff_t width,
                               const void *weight, const float *z, VocabularyParts part) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = z + r * count;
    const float limit = part.sums[r] / 64;
    if (!(largest_of(row, count) > limit)) continue;
    for (ptrdiff_t e = 0; e < count; e++)
      if (row[e] > limit)
        add_scaled_bfloat16(part.accumulated + r * width,
                            (const char *)weight + 2 * e * width, width,
                            bfloat16_remainder(row[e]));
  }
}

INLINE void add_scaled(float *to, const float *from, ptrdiff_t width, float factor) {
  for (ptrdiff_t e = 0; e < width; e++) to[e] += factor * from[e];
}

WIDE void projected_sum(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t rows, ptrdiff_t width,
                        ptrdiff_t part_count, VocabularyParts parts, ProjectedTeacher teacher,
                        const float *hidden, float inverse_temperature, float gradient_factor,
                        float *hidden_gradient, float *losses) {
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t teacher_row = teacher.row_indices[r];
    const float *m = teacher.projected + teacher_row * width;
    float *gradient = hidden_gradient + r * width;
    RowSum row = {.maximum = parts.maxima[r], .sum = 0};
    for (ptrdiff_t p = 1; p < part_count; p++) {
      const float maximum = parts.maxima[p * rows + r];
      row.maximum = maximum > row.maximum ? maximum : row.maximum;
    }
    for (ptrdiff_t p = 0; p < part_count; p++)
      row.sum += parts.sums[p * rows + r] *
                 exponential((parts.maxima[p * rows + r] - row.maximum) * inverse_temperature);
    const float dot = dot_product(hidden + r * width, m, width);
    losses[r] = row_loss(row, dot, teacher.entropies[teacher_row], inverse_temperature);
    for (ptrdiff_t e = 0; e < width; e++) gradient[e] = -gradient_factor * m[e];
    for (ptrdiff_t p = 0; p < part_count; p++) {
      const float rescale =
          exponential((parts.maxima[p * rows + r] - row.maximum) * inverse_temperature);
      add_scaled(gradient, parts.accumulated + (p * rows + r) * width, width,
                 gradient_factor / row.sum * rescale);
    }
  }
}
