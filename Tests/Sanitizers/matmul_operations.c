// The CPU path's matrix multiplications; without AVX-512 only the part that every processor has.
#include "guarded.h"

#include <string.h>

static Matmul matmul;
static unsigned char *panels;

static void columns_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t column = begin * MATMUL_PANEL_COLUMNS;
  const ptrdiff_t column_end = end * MATMUL_PANEL_COLUMNS;
  matmul_tiles(&matmul, 0, matmul.rows, column,
                column_end < matmul.width ? column_end : matmul.width,
                panels + thread_pool_worker() * MATMUL_PANEL_BYTES);
}

static void few_rows_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  matmul_few_rows(&matmul, begin, end);
}

static void begin_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  begin_matmul(matmul.rows, matmul.width, begin, end, matmul.bias, matmul.addend, matmul.y);
}

static void round_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  round_pairs(begin, end, matmul.inner, matmul.x, context ? context : (void *)matmul.pairs);
}

static double element(ptrdiff_t row, ptrdiff_t column) {
  const ptrdiff_t at = matmul.backward ? row * matmul.width + column
                                        : column * matmul.inner + row;
  float value;
  const ptrdiff_t bytes = matmul.element == WEIGHT_F32 ? 4 : 2;
  widen_weights((const char *)matmul.weight + at * bytes, matmul.element, 1, &value);
  return (double)value;
}

/// Checks one element of y.
static void check(const char *name, const float *addend) {
  const ptrdiff_t r = pick(0, matmul.rows - 1), c = pick(0, matmul.width - 1);
  double sum = 0;
  for (ptrdiff_t d = 0; d < matmul.inner; d++) {
    float x = matmul.x[r * matmul.inner + d];
    if (matmul.pairs) round_values(0, 1, &x);
    sum += (double)x * element(d, c);
  }
  if (matmul.bias) sum += (double)matmul.bias[c];
  if (addend) sum += (double)addend[r * matmul.width + c];
  expect_near(name, (double)matmul.y[r * matmul.width + c], sum, 4.0 * (double)matmul.inner);
}

void matmul_operations(void) {
  const ptrdiff_t rows = pick_size(1, 30), width = pick_size(1, 200);
  const ptrdiff_t depth = pick(0, 7) ? pick_size(1, 200) : pick(1020, 2100);
  const int type = (int)pick(WEIGHT_F32, WEIGHT_F16);
  const bool backward = pick(0, 1), has_addend = pick(0, 1);
  float *addend = has_addend ? floats(rows * width) : NULL;
  matmul = (Matmul){
      .x = constant(floats(rows * depth)),
      .weight = constant(weights(width * depth, type)),
      .bias = pick(0, 1) ? constant(floats(width)) : NULL,
      .addend = addend ? constant(addend) : NULL,
      .y = floats(rows * width),
      .rows = rows,
      .width = width,
      .inner = depth,
      .element = type,
      .backward = backward,
  };
  spread(begin_body, width);
  if (matmul_has_tiles()) {
    panels = guarded((size_t)(THREADS * MATMUL_PANEL_BYTES), false);
    const ptrdiff_t pieces = (width + MATMUL_PANEL_COLUMNS - 1) / MATMUL_PANEL_COLUMNS;
    spread(columns_body, pieces);
    check("matmul_tiles", addend);
    if (!backward) {
      spread(few_rows_body, width);
      check("matmul_few_rows", addend);
    }
    if (type == WEIGHT_BF16 && matmul_has_bfloat16_dots()) {
      matmul.pairs = guarded((size_t)(rows * pair_count(depth)) * sizeof(uint32_t), false);
      spread(round_body, rows);
      constant((void *)matmul.pairs);
      spread(columns_body, pieces);
      check("matmul_tiles of pairs", addend);
    }
  }
  release_buffers();
}
