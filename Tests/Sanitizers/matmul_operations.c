// The CPU path's matrix multiplications, on each instruction set that the processor has.
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
  matmul_few_rows(&matmul, begin, end, panels + thread_pool_worker() * MATMUL_PANEL_BYTES);
}

static void begin_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  begin_matmul(matmul.rows, matmul.y_stride, begin, end, matmul.bias, matmul.addend, matmul.y);
}

static void round_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  round_pairs(begin, end, matmul.inner, matmul.x, context ? context : (void *)matmul.pairs);
}

static double element(ptrdiff_t row, ptrdiff_t column) {
  const ptrdiff_t columns = matmul.backward ? matmul.width : matmul.inner;
  const ptrdiff_t weight_row = matmul.backward ? row : column, at = matmul.backward ? column : row;
  const ptrdiff_t group = matmul.element < WEIGHT_Q8_0 ? 1 : WEIGHT_GROUP;
  const char *from = (const char *)matmul.weight + weight_row * weight_bytes(matmul.element, columns);
  float values[WEIGHT_GROUP];
  widen_weight_rows(from, matmul.element, 0, 1, at / group * group, group, values, 0);
  return (double)values[at % group];
}

/// Checks one element of y.
static void check(const char *name, const float *addend) {
  const ptrdiff_t r = pick(0, matmul.rows - 1), c = pick(0, matmul.width - 1);
  double sum = 0;
  for (ptrdiff_t d = 0; d < matmul.inner; d++) {
    float x = matmul.x[r * matmul.x_stride + d];
    if (matmul.pairs) round_values(0, 1, &x);
    sum += (double)x * element(d, c);
  }
  if (matmul.bias) sum += (double)matmul.bias[c];
  if (addend) sum += (double)addend[r * matmul.y_stride + c];
  expect_near(name, (double)matmul.y[r * matmul.y_stride + c], sum, 4.0 * (double)matmul.inner);
}

void matmul_operations(void) {
  const ptrdiff_t rows = pick_size(1, 30);
  const int type = (int)pick(WEIGHT_F32, WEIGHT_Q6_K);
  const bool backward = pick(0, 1), has_addend = pick(0, 1);
  ptrdiff_t width = pick_size(1, 200), depth = pick(0, 7) ? pick_size(1, 200) : pick(1020, 2100);
  if (backward) width = whole_blocks(width, type);
  else depth = whole_blocks(depth, type);
  // A segment of a matrix leaves gaps between rows; pairs have none.
  const ptrdiff_t x_stride = depth + (type == WEIGHT_BF16 ? 0 : pick(0, 3));
  const ptrdiff_t y_stride = width + pick(0, 3);
  const ptrdiff_t y_count = (rows - 1) * y_stride + width;
  float *addend = has_addend ? floats(y_count) : NULL;
  matmul = (Matmul){
      .x = constant(floats((rows - 1) * x_stride + depth)),
      .weight = constant(weights(width * depth, type)),
      .bias = pick(0, 1) ? constant(floats(width)) : NULL,
      .addend = addend ? constant(addend) : NULL,
      .y = floats(y_count),
      .rows = rows,
      .width = width,
      .inner = depth,
      .x_stride = x_stride,
      .y_stride = y_stride,
      .element = type,
      .backward = backward,
  };
  spread(begin_body, width);
  panels = guarded((size_t)(THREADS * MATMUL_PANEL_BYTES), false);
  const ptrdiff_t panel_count = (width + MATMUL_PANEL_COLUMNS - 1) / MATMUL_PANEL_COLUMNS;
  for (int instructions = INSTRUCTIONS_AVX2; instructions <= INSTRUCTIONS_AVX512; instructions++) {
    if (!processor_supports(instructions)) continue;
    matmul.instructions = instructions;
    spread(columns_body, panel_count);
    check("matmul_tiles", addend);
    if (!backward) {
      spread(few_rows_body, width);
      check("matmul_few_rows", addend);
    }
  }
  if (type == WEIGHT_BF16 && processor_has_bfloat16_dots()) {
    matmul.pairs = guarded((size_t)(rows * pair_count(depth)) * sizeof(uint32_t), false);
    spread(round_body, rows);
    constant((void *)matmul.pairs);
    spread(columns_body, panel_count);
    check("matmul_tiles of pairs", addend);
  }
  release_buffers();
}
