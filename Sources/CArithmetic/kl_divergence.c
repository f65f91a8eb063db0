#include "kl_divergence.h"
#include "divergence_terms.h"
#include "half.h"
#include "row_sums.h"

enum { FORWARD_KL = 0, REVERSE_KL = 1, JENSEN_SHANNON = 2 };

/// Constants of a row: log p = a - log(sum e^a) with a = (teacher - maximum) / temperature; q
/// likewise.
typedef struct RowTerms {
  float teacher_maximum, teacher_factor;
  float student_maximum, student_factor;
  float log_ratio;  // log(teacher's sum / student's sum)
  float inverse_temperature;
} RowTerms;

typedef struct Pair {
  float p, q, d;
} Pair;

INLINE Pair pair(float teacher, float student, RowTerms row) {
  const float a = (teacher - row.teacher_maximum) * row.inverse_temperature;
  const float b = (student - row.student_maximum) * row.inverse_temperature;
  return (Pair){exponential(a) * row.teacher_factor, exponential(b) * row.student_factor,
                a - b - row.log_ratio};
}

/// h of an element: the gradient is proportional to q * (h - mean of h over q).
INLINE float log_of_student(Pair at, int form) {
  return form == JENSEN_SHANNON ? log_to_mixture(at.d, exponential(-__builtin_fabsf(at.d))) : -at.d;
}

/// The loss of a block; adds to the mean of h over q.
INLINE float block_loss(const float *teacher, const float *student, ptrdiff_t count, RowTerms row,
                        int form, float *mean) {
  SUMS_IN_ANY_ORDER
  float loss = 0, sum = 0;
  for (ptrdiff_t e = 0; e < count; e++) {
    const Pair at = pair(teacher[e], student[e], row);
    if (form == FORWARD_KL)
      loss += kl_term(at.p, at.q, at.d);
    else if (form == REVERSE_KL)
      loss += kl_term(at.q, at.p, -at.d);
    else
      loss += jensen_shannon_term(at.p, at.q, at.d, exponential(-__builtin_fabsf(at.d)));
    if (form != FORWARD_KL) sum += at.q * log_of_student(at, form);
  }
  *mean += sum;
  return loss;
}

/// Forward KL: loss and gradient in one pass, since the gradient does not depend on the loss.
INLINE float forward_block(const float *teacher, float *student, ptrdiff_t count, RowTerms row,
                           DivergenceTerms terms) {
  SUMS_IN_ANY_ORDER
  float loss = 0;
  for (ptrdiff_t e = 0; e < count; e++) {
    const Pair at = pair(teacher[e], student[e], row);
    loss += kl_term(at.p, at.q, at.d);
    student[e] = through_soft_cap(terms.gradient_factor * (at.q - at.p), student[e],
                                  terms.inverse_soft_cap);
  }
  return loss;
}

/// The gradient of the other forms.
INLINE void gradient_block(const float *teacher, float *student, ptrdiff_t count, RowTerms row,
                           DivergenceTerms terms, int form, float mean) {
  const float factor =
      form == JENSEN_SHANNON ? 0.5f * terms.gradient_factor : terms.gradient_factor;
  for (ptrdiff_t e = 0; e < count; e++) {
    const Pair at = pair(teacher[e], student[e], row);
    const float gradient = factor * at.q * (log_of_student(at, form) - mean);
    student[e] = through_soft_cap(gradient, student[e], terms.inverse_soft_cap);
  }
}

/// A block of the teacher's row as f32, in place or widened into `buffer`.
INLINE const float *teacher_block(const void *teacher, bool is_half, ptrdiff_t first,
                                  ptrdiff_t count, float *buffer) {
  if (!is_half) return (const float *)teacher + first;
  const uint16_t *from = (const uint16_t *)teacher + first;
  for (ptrdiff_t e = 0; e < count; e++) buffer[e] = widen_half(from[e]);
  return buffer;
}

INLINE RowTerms row_terms(const void *teacher, ptrdiff_t offset, const float *student,
                          ptrdiff_t width, DivergenceTerms terms, float *buffer) {
  RowSum p = no_elements, q = no_elements;
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, offset + e, count, buffer);
    p = including_block(p, block, count, terms.inverse_temperature);
    q = including_block(q, student + e, count, terms.inverse_temperature);
  }
  return (RowTerms){p.maximum, 1.0f / p.sum,
                    q.maximum, 1.0f / q.sum,
                    __builtin_logf(p.sum / q.sum), terms.inverse_temperature};
}

/// `form` is a constant at every call, so each form gets its own loops.
INLINE float row_loss(const void *teacher, ptrdiff_t offset, const float *student, ptrdiff_t width,
                      DivergenceTerms terms, int form, RowTerms row, float *buffer, float *mean) {
  float loss = 0;
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, offset + e, count, buffer);
    loss += block_loss(block, student + e, count, row, form, mean);
  }
  return loss;
}

INLINE float row_gradient(const void *teacher, ptrdiff_t offset, float *student, ptrdiff_t width,
                          DivergenceTerms terms, int form, RowTerms row, float *buffer) {
  float loss = 0, mean = 0;
  if (form != FORWARD_KL)
    loss = row_loss(teacher, offset, student, width, terms, form, row, buffer, &mean);
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, offset + e, count, buffer);
    if (form == FORWARD_KL)
      loss += forward_block(block, student + e, count, row, terms);
    else
      gradient_block(block, student + e, count, row, terms, form, mean);
  }
  return loss;
}

WIDE void kl_divergence(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *teacher,
                        const int32_t *row_indices, float *student, DivergenceTerms terms,
                        float *losses) {
  float buffer[BLOCK];
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t offset = (ptrdiff_t)row_indices[r] * width;
    float *logits = student + r * width;
    const RowTerms row = row_terms(teacher, offset, logits, width, terms, buffer);
    switch (terms.form) {
      case FORWARD_KL:
        losses[r] = row_gradient(teacher, offset, logits, width, terms, FORWARD_KL, row, buffer);
        break;
      case REVERSE_KL:
        losses[r] = row_gradient(teacher, offset, logits, width, terms, REVERSE_KL, row, buffer);
        break;
      default:
        losses[r] =
            row_gradient(teacher, offset, logits, width, terms, JENSEN_SHANNON, row, buffer);
    }
  }
}

WIDE void kl_divergence_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *teacher,
                             const int32_t *row_indices, const float *student,
                             DivergenceTerms terms,
                             float *losses) {
  float buffer[BLOCK], mean = 0;
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t offset = (ptrdiff_t)row_indices[r] * width;
    const float *logits = student + r * width;
    const RowTerms row = row_terms(teacher, offset, logits, width, terms, buffer);
    switch (terms.form) {
      case FORWARD_KL:
        losses[r] = row_loss(teacher, offset, logits, width, terms, FORWARD_KL, row, buffer, &mean);
        break;
      case REVERSE_KL:
        losses[r] = row_loss(teacher, offset, logits, width, terms, REVERSE_KL, row, buffer, &mean);
        break;
      default:
        losses[r] =
            row_loss(teacher, offset, logits, width, terms, JENSEN_SHANNON, row, buffer, &mean);
    }
  }
}
