#include "attention_rows.h"
#include "wide.h"

static const float masked = -1e30f;

/// The row index of a packed row in a buffer of [*, H] rows.
INLINE ptrdiff_t row_index(PackedRows rows, ptrdiff_t r) {
  const ptrdiff_t packed = rows.first + r;
  return (rows.query_start + packed / rows.group) * rows.query_heads + rows.first_head +
         packed % rows.group;
}

/// The largest of `from` and scores begin ..< end. Uses explicit lanes, since compilers do not
/// vectorise a running maximum.
INLINE float largest_score(const float *restrict scores, Visible seen, float from) {
  float lanes[16];
  for (int lane = 0; lane < 16; lane++) lanes[lane] = from;
  ptrdiff_t k = seen.begin;
  for (; k + 16 <= seen.end; k += 16)
    for (int lane = 0; lane < 16; lane++)
      lanes[lane] = scores[k + lane] > lanes[lane] ? scores[k + lane] : lanes[lane];
  for (; k < seen.end; k++) lanes[0] = scores[k] > lanes[0] ? scores[k] : lanes[0];
  for (int lane = 0; lane < 16; lane++) from = lanes[lane] > from ? lanes[lane] : from;
  return from;
}

INLINE void cap_scores(float *restrict scores, Visible seen, float cap) {
  for (ptrdiff_t k = seen.begin; k < seen.end; k++)
    scores[k] = cap * hyperbolic_tangent(scores[k] / cap);
}

WIDE void attention_pack(PackedRows rows, const float *from, float factor, float *to) {
  const ptrdiff_t width = rows.width;
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const float *restrict source = from + row_index(rows, r) * width;
    float *restrict target = to + r * width;
    for (ptrdiff_t d = 0; d < width; d++) target[d] = factor * source[d];
  }
}

WIDE void attention_unpack(PackedRows rows, const float *from, float factor, float *to) {
  const ptrdiff_t width = rows.width;
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const float *restrict source = from + r * width;
    float *restrict target = to + row_index(rows, r) * width;
    for (ptrdiff_t d = 0; d < width; d++) target[d] = factor * source[d];
  }
}

WIDE void attention_softmax(PackedRows rows, ScoreTile tile, float *scores,
                            float *maximum, float *sum, float *accumulated) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const Visible seen = visible_keys(rows, tile, r);
    float *restrict row = scores + r * tile.pitch;
    if (tile.soft_cap > 0) cap_scores(row, seen, tile.soft_cap);
    const float largest = largest_score(row, seen, maximum[r]);
    float added = 0;
    for (ptrdiff_t k = seen.begin; k < seen.end; k++) {
      const float p = exponential(row[k] - largest);
      row[k] = p;
      added += p;
    }
    for (ptrdiff_t k = 0; k < seen.begin; k++) row[k] = 0;
    for (ptrdiff_t k = seen.end; k < tile.keys; k++) row[k] = 0;
    if (largest > maximum[r]) {
      const float rescale = exponential(maximum[r] - largest);
      float *restrict to = accumulated + r * rows.width;
      for (ptrdiff_t d = 0; d < rows.width; d++) to[d] *= rescale;
      sum[r] *= rescale;
      maximum[r] = largest;
    }
    sum[r] += added;
  }
}

WIDE void attention_finish(PackedRows rows, const float *maximum, const float *sum,
                           const float *accumulated, float *output, float *log_sum_exp) {
  const ptrdiff_t width = rows.width;
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const ptrdiff_t index = row_index(rows, r);
    const float *restrict from = accumulated + r * width;
    float *restrict to = output + index * width;
    const float inverse = sum[r] > 0 ? 1.0f / sum[r] : 0;
    for (ptrdiff_t d = 0; d < width; d++) to[d] = inverse * from[d];
    log_sum_exp[index] = sum[r] > 0 ? maximum[r] + __builtin_logf(sum[r]) : masked;
  }
}

WIDE void attention_delta(PackedRows rows, const float *d_output, const float *output,
                          float *delta) {
  SUMS_IN_ANY_ORDER
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const float *restrict a = d_output + r * rows.width;
    const float *restrict b = output + row_index(rows, r) * rows.width;
    float sum = 0;
    for (ptrdiff_t d = 0; d < rows.width; d++) sum += a[d] * b[d];
    delta[r] = sum;
  }
}

WIDE void attention_score_gradient(PackedRows rows, ScoreTile tile,
                                   const float *log_sum_exp, const float *delta, float *scores,
                                   float *d_scores) {
  const float cap = tile.soft_cap;
  for (ptrdiff_t r = 0; r < rows.count; r++) {
    const Visible seen = visible_keys(rows, tile, r);
    const float lse = log_sum_exp[row_index(rows, r)];
    const float shift = delta[r];
    float *restrict row = scores + r * tile.pitch;
    float *restrict gradient = d_scores + r * tile.pitch;
    if (cap > 0) {
      cap_scores(row, seen, cap);
      for (ptrdiff_t k = seen.begin; k < seen.end; k++) {
        const float t = row[k] / cap;
        const float p = exponential(row[k] - lse);
        gradient[k] = p * (gradient[k] - shift) * (1.0f - t * t);
        row[k] = p;
      }
    } else {
      for (ptrdiff_t k = seen.begin; k < seen.end; k++) {
        const float p = exponential(row[k] - lse);
        gradient[k] = p * (gradient[k] - shift);
        row[k] = p;
      }
    }
    for (ptrdiff_t k = 0; k < seen.begin; k++) row[k] = gradient[k] = 0;
    for (ptrdiff_t k = seen.end; k < tile.keys; k++) row[k] = gradient[k] = 0;
  }
}

WIDE void attention_add(ptrdiff_t count, const float *from, float *to) {
  const float *restrict source = from;
  for (ptrdiff_t i = 0; i < count; i++) to[i] += source[i];
}
