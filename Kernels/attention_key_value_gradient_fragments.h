// attention_key_value_gradient_fragments.h - the entry of attention_key_value_gradient.cl on tensor
// cores.

#if TENSOR_CORES

KERNEL(LANES) attention_key_value_gradient(
    const GLOBAL KeyTile *RESTRICT tiles, const GLOBAL Span *RESTRICT spans,
    const GLOBAL float *RESTRICT d_output, const GLOBAL float *RESTRICT query,
    const GLOBAL float *RESTRICT key, const GLOBAL float *RESTRICT value,
    const GLOBAL float *RESTRICT log_sum_exp, const GLOBAL float *RESTRICT delta,
    GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
    GLOBAL float *RESTRICT key_partial, GLOBAL float *RESTRICT value_partial, int slot_rows,
    int query_heads, int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL float4 staged_quads[STAGED_QUADS], copied_quads[COPIED_QUADS];
  LOCAL int streamed_rows[STREAMED], positions[STREAMED];
  LOCAL float row_log_sum_exp[STREAMED], row_delta[STREAMED];
  LOCAL_ARG uint *queries = (LOCAL_ARG uint *)staged_quads;
  LOCAL_ARG uint *d_outputs = (LOCAL_ARG uint *)(staged_quads + STAGED_QUADS - PLANE_QUADS);
  const int lane = LOCAL_ID;
  const int head = GROUP_ID_Y;
  const KeyTile tile = tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  OwnRows own;
  for (int i = 0; i < 2; i++) {
    const int a = first_own_row() + 8 * i;
    own.row[i] = a < tile.key_count ? (tile.key_row + a) * key_value_heads + head : -1;
  }
  uint kept[KEPT_STEPS ? KEPT_STEPS : 1][PIECES][4];
  uint kept_value[KEPT_STEPS ? KEPT_STEPS : 1][PIECES][4];
  keep_own(key, own, KEPT_STEPS, kept);
  keep_own(value, own, KEPT_STEPS, kept_value);
  float accumulated_key[2 * COLUMN_PAIRS][4], accumulated_value[2 * COLUMN_PAIRS][4];
  clear_accumulated(accumulated_key);
  clear_accumulated(accumulated_value);

  const float ones[2] = {1.0f, 1.0f}, scales[2] = {scale, scale};
  for (int index = tile.span_begin; index < tile.span_end; index++) {
    const Span span = spans[index];
    const int first_key = tile.key_row + span.shift;
    const int last_key = first_key + tile.key_count - 1;
    const int begin = larger(0, first_key - span.first_position) * group;
    const int end =
        smaller(span.query_count, last_key + window - span.first_position) * group;
    // The first tile of a span is waited for; the others are copied meanwhile.
    if (PREFETCH && begin < end) {
      list_queries(span, begin, end, group, query_heads, head, streamed_rows);
      BARRIER();
      prefetch_tile(query, d_output, streamed_rows, copied_quads);
      BARRIER();
    }
    for (int first = begin; first < end; first += STREAMED) {
      const int listed = first_listed(first);
      list_queries(span, listed, end, group, query_heads, head, streamed_rows);
      if (lane < STREAMED) {
        const int packed = first + lane;
        const int row = packed_row(span.query_start, packed, group, query_heads, head);
        positions[lane] = packed < end ? span.first_position + packed / group : -1;
        row_log_sum_exp[lane] = packed < end ? log_sum_exp[row] : 0.0f;
        row_delta[lane] = packed < end ? delta[row] : 0.0f;
      }
      stage_tile(query, d_output, streamed_rows, listed < end, copied_quads, queries, d_outputs);
      float scores[STREAMED / 8][4], d_scores[STREAMED / 8][4];
      multiply_rows(key, own, KEPT_STEPS, kept, queries, scores);
      if (IN_TURNS) stage_again(d_output, streamed_rows, d_outputs);
      multiply_rows(value, own, KEPT_STEPS, kept_value, d_outputs, d_scores);
#pragma unroll
      for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const int b = 8 * j + lane % 4 * 2 + e % 2;
          const int key_position = first_key + first_own_row() + e / 2 * 8;
          const int seen = key_position <= positions[b] &&
                           key_position > positions[b] - window && key_position <= last_key;
          scores[j][e] = score_gradient(seen, scores[j][e], row_log_sum_exp[b], row_delta[b],
                                        scale, soft_cap, &d_scores[j][e]);
        }
      accumulate_columns(scores, d_outputs, ones, accumulated_value);
      if (IN_TURNS) stage_again(query, streamed_rows, queries);
      accumulate_columns(d_scores, queries, ones, accumulated_key);
      BARRIER();
    }
  }
  const OFFSET slot = (OFFSET)larger(tile.slot, 0) * slot_rows * key_value_heads;
  store_accumulated(accumulated_key, own, scales,
                    tile.slot < 0 ? d_key : key_partial + slot * HEAD_DIMENSION);
  store_accumulated(accumulated_value, own, ones,
                    tile.slot < 0 ? d_value : value_partial + slot * HEAD_DIMENSION);
}

#endif
