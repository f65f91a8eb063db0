#include "rotary.h"
#include "wide.h"

/// Copies `heads` heads, rotated by the row's angles times `direction` (1, or -1 for the
/// transpose).
INLINE void rotate(HeadRotation shape, ptrdiff_t row, ptrdiff_t heads, float direction,
                   const float *source, float *target) {
  const ptrdiff_t half = shape.half_dimension, dimension = shape.head_dimension;
  const float *restrict cosine = shape.cosine + shape.positions[row] * half;
  const float *restrict sine = shape.sine + shape.positions[row] * half;
  for (ptrdiff_t head = 0; head < heads; head++) {
    const float *restrict from = source + head * dimension;
    float *restrict to = target + head * dimension;
    for (ptrdiff_t i = 0; i < half; i++) {
      const float a = from[i], b = from[i + half], s = direction * sine[i];
      to[i] = a * cosine[i] - b * s;
      to[i + half] = b * cosine[i] + a * s;
    }
    for (ptrdiff_t i = 2 * half; i < dimension; i++) to[i] = from[i];
  }
}

WIDE void split_heads(ptrdiff_t begin, ptrdiff_t end, HeadRotation shape,
                      const float *projected, const int32_t *key_rows, float *query, float *key,
                      float *value) {
  const ptrdiff_t query_width = shape.query_heads * shape.head_dimension;
  const ptrdiff_t key_width = shape.key_value_heads * shape.head_dimension;
  for (ptrdiff_t row = begin; row < end; row++) {
    const float *from = projected + row * (query_width + 2 * key_width);
    if (query_width > 0)
      rotate(shape, row, shape.query_heads, 1, from, query + row * query_width);
    if (key_width > 0) {
      const ptrdiff_t offset = key_rows[row] * key_width;
      rotate(shape, row, shape.key_value_heads, 1, from + query_width, key + offset);
      memcpy(value + offset, from + query_width + key_width, (size_t)key_width * sizeof *value);
    }
  }
}

WIDE void merge_heads(ptrdiff_t begin, ptrdiff_t end, HeadRotation shape,
                      const float *d_query, const int32_t *key_rows, const float *d_key,
                      const float *d_value, float *d_projected) {
  const ptrdiff_t query_width = shape.query_heads * shape.head_dimension;
  const ptrdiff_t key_width = shape.key_value_heads * shape.head_dimension;
  for (ptrdiff_t row = begin; row < end; row++) {
    float *to = d_projected + row * (query_width + 2 * key_width);
    if (query_width > 0)
      rotate(shape, row, shape.query_heads, -1, d_query + row * query_width, to);
    if (key_width > 0) {
      const ptrdiff_t offset = key_rows[row] * key_width;
      rotate(shape, row, shape.key_value_heads, -1, d_key + offset, to + query_width);
      memcpy(to + query_width + key_width, d_value + offset, (size_t)key_width * sizeof *to);
    }
  }
}
