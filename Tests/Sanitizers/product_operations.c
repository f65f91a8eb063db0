// The CPU path's matrix multiplications; without AVX-512 only the part that every processor has.
#include "guarded.h"

#include <string.h>

static Product product;
static unsigned char *panels;

static void columns_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t column = begin * PRODUCT_PANEL_COLUMNS;
  const ptrdiff_t column_end = end * PRODUCT_PANEL_COLUMNS;
  product_tiles(&product, 0, product.rows, column,
                column_end < product.width ? column_end : product.width,
                panels + thread_pool_place() * PRODUCT_PANEL_BYTES);
}

static void few_rows_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  product_few_rows(&product, begin, end);
}

static void begin_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  begin_product(product.rows, product.width, begin, end, product.bias, product.addend, product.y);
}

static void round_body(void *context, ptrdiff_t begin, ptrdiff_t end) {
  round_pairs(begin, end, product.depth, product.x, context ? context : (void *)product.pairs);
}

static double element(ptrdiff_t row, ptrdiff_t column) {
  const ptrdiff_t at = product.backward ? row * product.width + column
                                        : column * product.depth + row;
  float value;
  const ptrdiff_t bytes = product.element == WEIGHT_F32 ? 4 : 2;
  widen_weights((const char *)product.weight + at * bytes, product.element, 1, &value);
  return (double)value;
}

/// Checks one element of y.
static void check(const char *name, const float *addend) {
  const ptrdiff_t r = pick(0, product.rows - 1), c = pick(0, product.width - 1);
  double sum = 0;
  for (ptrdiff_t d = 0; d < product.depth; d++) {
    float x = product.x[r * product.depth + d];
    if (product.pairs) round_values(0, 1, &x);
    sum += (double)x * element(d, c);
  }
  if (product.bias) sum += (double)product.bias[c];
  if (addend) sum += (double)addend[r * product.width + c];
  expect_near(name, (double)product.y[r * product.width + c], sum, 4.0 * (double)product.depth);
}

void product_operations(void) {
  const ptrdiff_t rows = pick_size(1, 30), width = pick_size(1, 200);
  const ptrdiff_t depth = pick(0, 7) ? pick_size(1, 200) : pick(1020, 2100);
  const int type = (int)pick(WEIGHT_F32, WEIGHT_F16);
  const bool backward = pick(0, 1), has_addend = pick(0, 1);
  float *addend = has_addend ? floats(rows * width) : NULL;
  product = (Product){
      .x = constant(floats(rows * depth)),
      .weight = constant(weights(width * depth, type)),
      .bias = pick(0, 1) ? constant(floats(width)) : NULL,
      .addend = addend ? constant(addend) : NULL,
      .y = floats(rows * width),
      .rows = rows,
      .width = width,
      .depth = depth,
      .element = type,
      .backward = backward,
  };
  spread(begin_body, width);
  if (product_has_tiles()) {
    panels = guarded((size_t)(THREADS * PRODUCT_PANEL_BYTES), false);
    const ptrdiff_t pieces = (width + PRODUCT_PANEL_COLUMNS - 1) / PRODUCT_PANEL_COLUMNS;
    spread(columns_body, pieces);
    check("product_tiles", addend);
    if (!backward) {
      spread(few_rows_body, width);
      check("product_few_rows", addend);
    }
    if (type == WEIGHT_BF16 && product_has_bfloat16_dots()) {
      product.pairs = guarded((size_t)(rows * pair_count(depth)) * sizeof(uint32_t), false);
      spread(round_body, rows);
      constant((void *)product.pairs);
      spread(columns_body, pieces);
      check("product_tiles of pairs", addend);
    }
  }
  release_buffers();
}
