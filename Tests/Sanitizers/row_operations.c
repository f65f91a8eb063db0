// Norms, activations, rotary embedding, gathering, sampling, optimisers: what works on rows or elements.
#include "guarded.h"

/// Operands of the call at hand, which bodies on other threads read.
static struct {
  ptrdiff_t rows, width;
  int kind;
  bool flag;
  const float *x, *y, *weight, *bias, *gradient;
  float *out, *out2, *out3, *out4;
  const int32_t *index;
  int32_t *chosen;
  HeadNorm norm;
  HeadRotation rotation;
  const void *stored;
} a;

#define BODY(NAME, CALL) \
  static void NAME##_body(void *context, ptrdiff_t begin, ptrdiff_t end) { CALL; }

BODY(activation, activation_forward(begin, end, a.kind, a.x, a.out))
BODY(activation_gradient, activation_backward(begin, end, a.kind, a.x, a.out))
BODY(swiglu, swiglu_forward(begin, end, a.width, a.kind, a.x, a.out))
BODY(swiglu_gradient, swiglu_backward(begin, end, a.width, a.kind, a.x, a.out))
BODY(rms_norm, rms_norm_forward(begin, end, a.width, a.x, a.weight, 1e-5f, a.out, a.out2))
BODY(rms_norm_gradient,
     rms_norm_backward(begin, end, a.width, a.gradient, a.x, a.weight, a.y, a.flag, a.out))
BODY(layer_norm, layer_norm_forward(begin, end, a.width, a.x, a.weight, a.bias, 1e-5f, a.out,
                                    a.out2, a.out3))
BODY(layer_norm_gradient, layer_norm_backward(begin, end, a.width, a.gradient, a.x, a.weight,
                                              a.bias, a.y, a.flag, a.out))
BODY(head_norm, head_norm_forward(begin, end, a.norm, a.out, a.out2))
BODY(head_norm_gradient, head_norm_backward(begin, end, a.norm, a.out, a.x))
BODY(split, split_heads(begin, end, a.rotation, a.x, a.index, a.out, a.out2, a.out3))
BODY(merge, merge_heads(begin, end, a.rotation, a.x, a.index, a.y, a.bias, a.out))
BODY(add, add_elements(begin, end, a.x, a.out))
BODY(scale, scale_elements(begin, end, 0.5f, a.out))
BODY(add_positions, add_position_rows(begin, end, a.width, a.x, a.index, a.out))
BODY(gather, gather_rows(begin, end, a.width, a.x, a.index, a.out))
BODY(scatter, scatter_rows(begin, end, a.width, a.x, a.index, a.flag, a.out))
BODY(sample, sample_rows(begin, end, a.width, a.x, a.y, a.chosen))
BODY(argmax, argmax_rows(begin, end, a.width, a.x, a.chosen))
BODY(sgd, sgd_update(begin, end, 0.1f, 0.9f, 0.01f, a.x, a.y, a.out, a.out2))
BODY(adamw, adamw_update(begin, end, (AdamWStep){0.99f, 0.1f, 0.999f, 0.001f, 0.01f, 30, 1e-8f},
                         a.x, a.y, a.out, a.out2, a.out3))
BODY(cap, soft_cap(begin, end, 30, a.out))
BODY(softmax, softmax(begin, end, a.width, a.out, 0.5f))
BODY(gather_stored,
     gather_weights(begin, end, a.width, a.stored, a.kind, a.index, 1.5f, a.out))

/// A range of its own in each call, which need not begin at 0.
static void elements(void) {
  const ptrdiff_t n = pick_size(1, 3000);
  a.x = constant(floats(n));
  a.y = constant(fractions(1));
  a.out = floats(n);
  a.out2 = floats(n);
  a.out3 = fractions(n);
  a.kind = (int)pick(ACTIVATION_SILU, ACTIVATION_RELU);
  spread(activation_body, n);
  spread(activation_gradient_body, n);
  spread(add_body, n);
  spread(scale_body, n);
  spread(cap_body, n);
  spread(sgd_body, n);
  spread(adamw_body, n);
  float norm = 0, factor = 0;
  gradient_norm(n, a.x, 1, &norm, &factor);
  (void)sum_values(n, a.x);
  calls += 2;
  release_buffers();
}

static void norms(void) {
  const ptrdiff_t rows = a.rows = pick(1, 9), width = a.width = pick_size(1, 700);
  a.x = constant(floats(rows * width));
  a.gradient = constant(floats(rows * width));
  a.weight = constant(floats(width));
  a.bias = constant(floats(rows > width ? rows : width));
  a.y = constant(fractions(rows));
  a.out = floats(rows * width);
  a.out2 = floats(rows);
  a.out3 = floats(rows);
  a.flag = pick(0, 1);
  spread(rms_norm_body, rows);
  spread(layer_norm_body, rows);
  spread(rms_norm_gradient_body, rows);
  a.bias = constant(floats(rows));
  spread(layer_norm_gradient_body, rows);
  a.kind = (int)pick(ACTIVATION_SILU, ACTIVATION_RELU);
  a.x = constant(floats(2 * rows * width));
  spread(swiglu_body, rows);
  a.x = constant(floats(rows * width));
  a.out = floats(2 * rows * width);
  spread(swiglu_gradient_body, rows);
  release_buffers();
}

static void heads(void) {
  const ptrdiff_t rows = pick(1, 9), width = 2 * pick_size(1, 64), head_count = pick(1, 4);
  const ptrdiff_t before = pick(0, 5), stride = before + head_count * width + pick(0, 5);
  a.norm = (HeadNorm){stride, before, head_count, width, pick(0, 1), 1e-5f,
                      constant(floats(head_count * width))};
  a.out = floats(rows * stride);
  a.out2 = floats(rows * head_count * width);
  spread(head_norm_body, rows);
  a.x = constant(a.out2);
  spread(head_norm_gradient_body, rows);
  release_buffers();

  const ptrdiff_t positions = pick(1, 40), key_rows = rows + pick(0, 5);
  const ptrdiff_t half = pick(0, 1) ? width / 2 : pick(0, width / 2);
  const ptrdiff_t group = pick(0, 3) ? pick(1, 2) : 0, queries = group ? pick(0, 3) : pick(1, 3);
  a.rotation = (HeadRotation){queries, group, width, half, constant(floats(positions * half)),
                              constant(floats(positions * half)),
                              constant(indices(rows, positions))};
  a.x = constant(floats(rows * (queries + 2 * group) * width));
  a.index = group ? constant(distinct_indices(rows, key_rows)) : NULL;
  a.out = queries ? floats(rows * queries * width) : NULL;
  a.out2 = group ? floats(key_rows * group * width) : NULL;
  a.out3 = group ? floats(key_rows * group * width) : NULL;
  spread(split_body, rows);
  a.x = a.out;
  a.y = a.out2;
  a.bias = a.out3;
  a.out = floats(rows * (queries + 2 * group) * width);
  spread(merge_body, rows);
  release_buffers();
}

static void rows_by_index(void) {
  const ptrdiff_t rows = pick(1, 9), table = rows + pick(0, 7), width = a.width = pick_size(1, 700);
  a.x = constant(floats(table * width));
  a.index = constant(indices(rows, table));
  a.out = floats(rows * width);
  spread(gather_body, rows);
  spread(add_positions_body, rows);
  a.x = constant(floats(rows * width));
  a.index = constant(distinct_indices(rows, table));
  a.out = floats(table * width);
  a.flag = pick(0, 1);
  spread(scatter_body, rows);
  a.kind = (int)pick(WEIGHT_F32, WEIGHT_Q6_K);
  a.width = whole_blocks(width, a.kind);
  a.stored = constant(weights(table * a.width, a.kind));
  a.index = constant(indices(rows, table));
  a.out = floats(rows * a.width);
  spread(gather_stored_body, rows);
  a.width = width;
  a.x = constant(floats(rows * width));
  a.y = constant(fractions(rows));
  a.chosen = indices(rows, 1);
  spread(sample_body, rows);
  spread(argmax_body, rows);
  a.out = floats(rows * width);
  spread(softmax_body, rows);
  release_buffers();
}

static void stored_weights(void) {
  const int from = (int)pick(WEIGHT_F32, WEIGHT_Q6_K), to = (int)pick(WEIGHT_F32, WEIGHT_Q4_0);
  const ptrdiff_t rows = pick(1, 40), begin = pick(0, rows - 1);
  const ptrdiff_t columns = whole_blocks(whole_blocks(pick_size(1, 600), to), from);
  const bool transposed = from < WEIGHT_Q8_0 && pick(0, 1);
  const void *source = constant(weights(rows * columns, from));
  void *target = weights((rows - begin) * columns, to);
  if (!weight_format_is_stored(to) ||
      !store_weights(source, from, transposed, rows, columns, begin, rows, target, to))
    expect_near("store_weights", 0, 1, 0);
  float *whole = floats(rows * columns);
  widen_weights(source, from, rows * columns, whole);
  const ptrdiff_t step = from < WEIGHT_Q8_0 ? 1 : WEIGHT_GROUP;
  const ptrdiff_t first = pick(0, columns / step - 1) * step;
  const ptrdiff_t count = pick(1, (columns - first) / step) * step;
  const ptrdiff_t stride = count + pick(0, 3);
  float *part = floats((rows - 1) * stride + count);
  widen_weight_rows(source, from, weight_bytes(from, columns), rows, first, count, part, stride);
  const ptrdiff_t row = pick(0, rows - 1), column = pick(0, count - 1);
  expect_near("widen_weight_rows", (double)part[row * stride + column],
              (double)whole[row * columns + first + column], 0);
  calls += 3;
  release_buffers();
}

void row_operations(void) {
  elements();
  norms();
  heads();
  rows_by_index();
  stored_weights();
}
