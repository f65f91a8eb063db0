// kl_divergence.cl - the distillation loss between rows of logits, and its gradient in place.
//
// Per row r of R, with p = softmax(teacher[row_indices[first_index + r]] / tau), q =
// softmax(student[r] / tau) and m = (p + q) / 2, by FORM (a -D constant):
//     0  forward KL       loss = KL(p || q)
//                         gradient = weight / tau * (q - p)
//     1  reverse KL       loss = KL(q || p)
//                         gradient = weight / tau * q * (h - sum q h), h = log(q / p)
//     2  Jensen-Shannon   loss = (KL(p || m) + KL(q || m)) / 2
//                         gradient = weight / tau * q * (h - sum q h) / 2, h = log(q / m)
// If the student's logits are soft-capped, s = c * tanh(z / c), the gradient is with respect to z:
// times 1 - (s / c)^2.
//
//     teacher           [*, V]  read     f32, or binary16 shifted by the row's maximum, by ELEMENT
//     row_indices       [*]     read     the teacher row of each row, from first_index
//     student           [R, V]  update   logits on entry, gradient on exit; kl_divergence_loss
//                                         only reads it
//     losses            [*]     write    from first_row: nats, before weight, no factor tau^2
//     inverse_soft_cap          1 / c, or 0
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    1. log-sum-exp of both rows  2. loss (forward KL: and gradient)  3. gradient of the
//           other forms
// Numerics  f32; terms from divergence_terms.h; logits must be finite
// Traffic   forward KL 3 * R * V floats and 2 * R * V teacher elements, else 4 and 3
// Twin      Sources/Compute/Loss/KLDivergence.swift, Sources/CArithmetic/kl_divergence.c
// Needs     lanes.h row_reductions.h vocabulary_row.h divergence_terms.h
// Tunable   QUADS 1 if V is a multiple of 4: lanes then load and store 16 bytes
// Build     LANES=256 FORM=0,1,2 ELEMENT=0,2 QUADS=0,1

#define FORWARD_KL 0
#define JENSEN_SHANNON 2

#if !defined(CPU_DEVICE) && QUADS
DEVICE Lane load_teacher(const GLOBAL Stored *row, int v, int width) {
  if (v >= width) return (Lane)MASKED;
  return widen_quad(row, v);
}
#elif !defined(CPU_DEVICE)
DEVICE Lane load_teacher(const GLOBAL Stored *row, int v, int width) {
  return v < width ? widen(row, v) : MASKED;
}
#elif ELEMENT == ELEMENT_F16
DEVICE Lane load_teacher(const GLOBAL Stored *row, int v, int width) {
  if (v + 16 <= width) return vload_half16(0, (const GLOBAL half *)(row + v));
  float rest[16];
  for (int i = 0; i < 16; i++) rest[i] = v + i < width ? widen(row, v + i) : MASKED;
  return vload16(0, rest);
}
#else
DEVICE Lane load_teacher(const GLOBAL Stored *row, int v, int width) {
  return load_lane(row, v, width);
}
#endif

// Constants of a row: log p = a - log(sum e^a) with a = (teacher - maximum) / tau; q likewise.
typedef struct {
  float teacher_maximum, teacher_factor, student_maximum, student_factor;
  float log_ratio;  // log(teacher's sum / student's sum)
  float inverse_temperature;
} RowTerms;

typedef struct {
  Lane p, q, d;
} Pair;

DEVICE Pair pair(Lane teacher, Lane student, RowTerms row) {
  const Lane a = (teacher - row.teacher_maximum) * row.inverse_temperature;
  const Lane b = (student - row.student_maximum) * row.inverse_temperature;
  Pair at;
  at.p = exponential(a) * row.teacher_factor;
  at.q = exponential(b) * row.student_factor;
  at.d = a - b - row.log_ratio;
  return at;
}

DEVICE RowTerms row_terms(const GLOBAL Stored *teacher, const GLOBAL float *student, int width,
                          float inverse_temperature, LOCAL_ARG float *partial) {
  RunningSum p = no_elements();
  RunningSum q = no_elements();
  for (int v = FIRST; v < width; v += 4 * STRIDE) {
    p = include_four(p, load_teacher(teacher, v, width), load_teacher(teacher, v + STRIDE, width),
                     load_teacher(teacher, v + 2 * STRIDE, width),
                     load_teacher(teacher, v + 3 * STRIDE, width), inverse_temperature);
    q = include_four(q, load_lane(student, v, width), load_lane(student, v + STRIDE, width),
                     load_lane(student, v + 2 * STRIDE, width),
                     load_lane(student, v + 3 * STRIDE, width), inverse_temperature);
  }
  const RowSum of_p = over_row(p, inverse_temperature, partial);
  const RowSum of_q = over_row(q, inverse_temperature, partial);
  RowTerms row;
  row.teacher_maximum = of_p.maximum;
  row.teacher_factor = 1.0f / of_p.sum;
  row.student_maximum = of_q.maximum;
  row.student_factor = 1.0f / of_q.sum;
  row.log_ratio = LOG(of_p.sum / of_q.sum);
  row.inverse_temperature = inverse_temperature;
  return row;
}

// The loss term of one element.
DEVICE Lane loss_term(Pair at) {
#if FORM == FORWARD_KL
  return kl_term(at.p, at.q, at.d);
#elif FORM == JENSEN_SHANNON
  return jensen_shannon_term(at.p, at.q, at.d, exponential(-ABS(at.d)));
#else
  return kl_term(at.q, at.p, -at.d);
#endif
}

#if FORM != FORWARD_KL
// h of the formulas above.
DEVICE Lane log_of_student(Pair at) {
#if FORM == JENSEN_SHANNON
  return log_to_mixture(at.d, exponential(-ABS(at.d)));
#else
  return -at.d;
#endif
}
#endif

KERNEL(LANES) kl_divergence_loss(const GLOBAL Stored *RESTRICT teacher,
                                 const GLOBAL int *RESTRICT row_indices,
                                 const GLOBAL float *RESTRICT student,
                                 GLOBAL float *RESTRICT losses, int width, int first_index,
                                 int first_row, float inverse_temperature) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const GLOBAL Stored *t = teacher + (OFFSET)row_indices[first_index + r] * width;
  const GLOBAL float *s = student + (OFFSET)r * width;
  const RowTerms row = row_terms(t, s, width, inverse_temperature, partial);
  CompensatedSum sum = empty_sum();
  for (int v = FIRST; v < width; v += STRIDE)
    sum = add(sum, loss_term(pair(load_teacher(t, v, width), load_lane(s, v, width), row)));
  const float loss = total(sum.sum, partial);
  if (LOCAL_ID == 0) losses[first_row + r] = loss;
}

KERNEL(LANES) kl_divergence(const GLOBAL Stored *RESTRICT teacher,
                            const GLOBAL int *RESTRICT row_indices, GLOBAL float *RESTRICT student,
                            GLOBAL float *RESTRICT losses, int width, int first_index,
                            int first_row, float inverse_temperature, float gradient_factor,
                            float inverse_soft_cap) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const GLOBAL Stored *t = teacher + (OFFSET)row_indices[first_index + r] * width;
  GLOBAL float *s = student + (OFFSET)r * width;
  const RowTerms row = row_terms(t, s, width, inverse_temperature, partial);
  CompensatedSum sum = empty_sum();
#if FORM == FORWARD_KL
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane logits = load_lane(s, v, width);
    const Pair at = pair(load_teacher(t, v, width), logits, row);
    sum = add(sum, loss_term(at));
    store_lane(through_soft_cap(gradient_factor * (at.q - at.p), logits, inverse_soft_cap), s, v,
               width);
  }
  const float loss = total(sum.sum, partial);
#else
  CompensatedSum mean_sum = empty_sum();
  for (int v = FIRST; v < width; v += STRIDE) {
    const Pair at = pair(load_teacher(t, v, width), load_lane(s, v, width), row);
    sum = add(sum, loss_term(at));
    mean_sum = add(mean_sum, at.q * log_of_student(at));
  }
  const float loss = total(sum.sum, partial);
  const float mean = total(mean_sum.sum, partial);
  const float factor = FORM == JENSEN_SHANNON ? 0.5f * gradient_factor : gradient_factor;
  for (int v = FIRST; v < width; v += STRIDE) {
    const Lane logits = load_lane(s, v, width);
    const Pair at = pair(load_teacher(t, v, width), logits, row);
    const Lane gradient = factor * at.q * (log_of_student(at) - mean);
    store_lane(through_soft_cap(gradient, logits, inverse_soft_cap), s, v, width);
  }
#endif
  if (LOCAL_ID == 0) losses[first_row + r] = loss;
}
