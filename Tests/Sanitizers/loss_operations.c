// Divergences, projected teachers and what is measured on rows of logits.
#include "guarded.h"

static struct {
  ptrdiff_t rows, width, hidden_width, parts;
  const void *teacher;
  const float *hidden, *logits;
  const int32_t *places, *chosen;
  float *out, *losses, *gradient;
  uint16_t *compressed;
  DivergenceTerms terms;
  CrossEntropyTerms entropy;
  ProjectedTeacher projected;
  VocabularyParts vocabulary;
} a;

#define BODY(NAME, CALL) \
  static void NAME##_body(void *context, ptrdiff_t begin, ptrdiff_t end) { CALL; }

BODY(divergence,
     kl_divergence(begin, end, a.width, a.teacher, a.places, a.out, a.terms, a.losses))
BODY(divergence_loss,
     kl_divergence_loss(begin, end, a.width, a.teacher, a.places, a.logits, a.terms, a.losses))
BODY(compress, compress_logits(begin, end, a.width, a.logits, a.compressed))
BODY(agreement, agreement(begin, end, a.width, a.logits, a.chosen, a.places, a.losses))
BODY(entropy,
     cross_entropy(begin, end, a.width, a.chosen, a.places, a.out, a.entropy, a.losses))
BODY(entropy_loss,
     cross_entropy_loss(begin, end, a.width, a.chosen, a.places, a.logits, 0.5f, a.losses))
BODY(mixture, target_mixture(begin, end, a.width, a.chosen, a.places, a.out, 2.0f, -1.0f))
BODY(teacher, project_teacher(begin, end, a.width, a.out, 0.5f, a.losses))
BODY(projected_loss,
     projected_divergence_loss(begin, end, a.width, a.hidden_width, a.projected, a.hidden,
                               a.logits, 0.5f, a.losses))
BODY(projected,
     projected_divergence(begin, end, a.width, a.hidden_width, a.projected, a.hidden, a.out, 0.5f,
                          0.25f, a.gradient, a.losses))
BODY(vocabulary_sum,
     projected_sum(begin, end, a.rows, a.hidden_width, a.parts, a.vocabulary, a.projected,
                   a.hidden, 0.5f, 0.25f, a.gradient, a.losses))

static void divergences(void) {
  const ptrdiff_t rows = pick(1, 6), width = a.width = pick(0, 4) ? pick_size(1, 700)
                                                                  : pick(2040, 4200);
  const ptrdiff_t cached = pick(1, 6);
  const bool is_half = pick(0, 1);
  a.terms = (DivergenceTerms){(int)pick(0, 2), 0.5f, 0.25f, pick(0, 1) ? 1.0f / 30 : 0, is_half};
  uint16_t *halves = guarded((size_t)(cached * width) * 2, false);
  for (ptrdiff_t i = 0; i < cached * width; i++) halves[i] = (uint16_t)pick(0x3000, 0x4000);
  a.teacher = is_half ? constant(halves) : constant(floats(cached * width));
  a.places = constant(indices(rows, cached));
  a.logits = constant(floats(rows * width));
  a.out = floats(rows * width);
  a.losses = floats(rows);
  a.compressed = guarded((size_t)(rows * width) * 2, false);
  a.chosen = constant(indices(cached, width));
  spread(divergence_body, rows);
  spread(divergence_loss_body, rows);
  spread(compress_body, rows);
  spread(agreement_body, rows);
  a.entropy = (CrossEntropyTerms){0.5f, 0.25f, pick(0, 1) ? 1.0f / 30 : 0};
  spread(entropy_loss_body, rows);
  spread(mixture_body, rows);
  spread(entropy_body, rows);
  release_buffers();
}

static void projections(void) {
  const ptrdiff_t rows = a.rows = pick(1, 6), width = a.width = pick_size(1, 2500);
  const ptrdiff_t hidden_width = a.hidden_width = pick_size(1, 200), cached = pick(1, 6);
  a.projected = (ProjectedTeacher){constant(floats(cached * hidden_width)),
                                   constant(floats(cached)), constant(indices(rows, cached))};
  a.hidden = constant(floats(rows * hidden_width));
  a.logits = constant(floats(rows * width));
  a.out = floats(rows * width);
  a.losses = floats(rows);
  a.gradient = floats(rows * hidden_width);
  spread(teacher_body, rows);
  spread(projected_loss_body, rows);
  spread(projected_body, rows);

  // A vocabulary in parts, each in tiles, as the fused head goes through it.
  const ptrdiff_t parts = a.parts = pick(1, 3);
  a.vocabulary = (VocabularyParts){floats(parts * rows), floats(parts * rows),
                                   floats(parts * rows * hidden_width)};
  for (ptrdiff_t p = 0; p < parts; p++) {
    const VocabularyParts part = {a.vocabulary.maxima + p * rows, a.vocabulary.sums + p * rows,
                                  a.vocabulary.accumulated + p * rows * hidden_width};
    for (ptrdiff_t tile = pick(0, 2); tile >= 0; tile--) {
      const ptrdiff_t count = pick_size(1, 130);
      float *z = floats(rows * count);
      projected_tile(rows, count, hidden_width, tile == 0, 0.5f, z, part);
      if (tile == 0)
        projected_remainders(rows, count, hidden_width,
                             constant(weights(count * hidden_width, WEIGHT_BF16)), z, part);
      calls += 2;
    }
  }
  spread(vocabulary_sum_body, rows);
  release_buffers();
}

void loss_operations(void) {
  divergences();
  projections();
}
