#include "kl_divergence.h"
#include "divergence_terms.h"
#include "half.h"
#include "row_sums.h"

enum { FORWARD_KL = 0, REVERSE_KL = 1, JENSEN_SHANNON = 2 };

/// What the elements of a row share: log p = a - log(sum e^a) with a = (teacher - maximum) / temperature, q alike.
typedef struct RowTerms {
  float teacher_maximum, teacher_factor;
  float student_maximum, student_factor;
  float log_ratio;  // of the two sums
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

/// The gradient with respect to logits z from that with respect to c tanh(z / c), which are in `capped`.
INLINE float through_soft_cap(float gradient, float capped, float inverse_soft_cap) {
  const float share = capped * inverse_soft_cap;
  return gradient * (1.0f - share * share);
}

/// What h, the logarithm whose distance from its mean over q makes the gradient, is at an element.
INLINE float log_of_student(Pair at, int form) {
  return form == JENSEN_SHANNON ? log_to_mixture(at.d, exponential(-__builtin_fabsf(at.d))) : -at.d;
}

/// What a block adds to the loss, and to the mean of h over q.
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

/// Forward KL: the gradient needs nothing of the loss, so both come from one pass.
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
  const float factor = form == JENSEN_SHANNON ? 0.5f * terms.gradient_factor : terms.gradient_factor;
  for (ptrdiff_t e = 0; e < count; e++) {
    const Pair at = pair(teacher[e], student[e], row);
    const float gradient = factor * at.q * (log_of_student(at, form) - mean);
    student[e] = through_soft_cap(gradient, student[e], terms.inverse_soft_cap);
  }
}

/// A block of the teacher's row as f32: where it lies, or widened into `room`.
INLINE const float *teacher_block(const void *teacher, bool is_half, ptrdiff_t first,
                                  ptrdiff_t count, float *room) {
  if (!is_half) return (const float *)teacher + first;
  const uint16_t *from = (const uint16_t *)teacher + first;
  for (ptrdiff_t e = 0; e < count; e++) room[e] = widen_half(from[e]);
  return room;
}

INLINE RowTerms row_terms(const void *teacher, ptrdiff_t place, const float *student,
                          ptrdiff_t width, DivergenceTerms terms, float *room) {
  RowSum p = no_elements, q = no_elements;
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, place + e, count, room);
    p = including_block(p, block, count, terms.inverse_temperature);
    q = including_block(q, student + e, count, terms.inverse_temperature);
  }
  return (RowTerms){p.maximum, 1.0f / p.sum,
                    q.maximum, 1.0f / q.sum,
                    __builtin_logf(p.sum / q.sum), terms.inverse_temperature};
}

/// `form` is a constant where this is called, so that each form has loops of its own.
INLINE float row_loss(const void *teacher, ptrdiff_t place, const float *student, ptrdiff_t width,
                      DivergenceTerms terms, int form, RowTerms row, float *room, float *mean) {
  float loss = 0;
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, place + e, count, room);
    loss += block_loss(block, student + e, count, row, form, mean);
  }
  return loss;
}

INLINE float row_gradient(const void *teacher, ptrdiff_t place, float *student, ptrdiff_t width,
                          DivergenceTerms terms, int form, RowTerms row, float *room) {
  float loss = 0, mean = 0;
  if (form != FORWARD_KL)
    loss = row_loss(teacher, place, student, width, terms, form, row, room, &mean);
  for (ptrdiff_t e = 0; e < width; e += BLOCK) {
    const ptrdiff_t count = block_count(width, e);
    const float *block = teacher_block(teacher, terms.teacher_is_half, place + e, count, room);
    if (form == FORWARD_KL)
      loss += forward_block(block, student + e, count, row, terms);
    else
      gradient_block(block, student + e, count, row, terms, form, mean);
  }
  return loss;
}

WIDE void kl_divergence(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *teacher,
                        const int32_t *places, float *student, DivergenceTerms terms,
                        float *losses) {
  float room[BLOCK];
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t place = (ptrdiff_t)places[r] * width;
    float *logits = student + r * width;
    const RowTerms row = row_terms(teacher, place, logits, width, terms, room);
    switch (terms.form) {
      case FORWARD_KL:
        losses[r] = row_gradient(teacher, place, logits, width, terms, FORWARD_KL, row, room);
        break;
      case REVERSE_KL:
        losses[r] = row_gradient(teacher, place, logits, width, terms, REVERSE_KL, row, room);
        break;
      default:
        losses[r] = row_gradient(teacher, place, logits, width, terms, JENSEN_SHANNON, row, room);
    }
  }
}

WIDE void kl_divergence_loss(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *teacher,
                             const int32_t *places, const float *student, DivergenceTerms terms,
                             float *losses) {
  float room[BLOCK], mean = 0;
  for (ptrdiff_t r = begin; r < end; r++) {
    const ptrdiff_t place = (ptrdiff_t)places[r] * width;
    const float *logits = student + r * width;
    const RowTerms row = row_terms(teacher, place, logits, width, terms, room);
    switch (terms.form) {
      case FORWARD_KL:
        losses[r] = row_loss(teacher, place, logits, width, terms, FORWARD_KL, row, room, &mean);
        break;
      case REVERSE_KL:
        losses[r] = row_loss(teacher, place, logits, width, terms, REVERSE_KL, row, room, &mean);
        break;
      default:
        losses[r] =
            row_loss(teacher, place, logits, width, terms, JENSEN_SHANNON, row, room, &mean);
    }
  }
}
