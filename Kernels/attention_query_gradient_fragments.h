// attention_query_gradient_fragments.h - the entry of attention_query_gradient.cl on tensor cores.

#if TENSOR_CORES

KERNEL(LANES) attention_query_gradient(
    const GLOBAL QueryTile *RESTRICT tiles, const GLOBAL float *RESTRICT d_output,
    const GLOBAL float *RESTRICT query, const GLOBAL float *RESTRICT key,
    const GLOBAL float *RESTRICT value, const GLOBAL float *RESTRICT log_sum_exp,
    const GLOBAL float *RESTRICT delta, GLOBAL float *RESTRICT d_query, int query_heads,
    int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL float4 staged_quads[STAGED_QUADS], copied_quads[COPIED_QUADS];
  LOCAL int streamed_rows[STREAMED];
  LOCAL_ARG uint *keys = (LOCAL_ARG uint *)staged_quads;
  LOCAL_ARG uint *values = (LOCAL_ARG uint *)(staged_quads + STAGED_QUADS - PLANE_QUADS);
  const int lane = LOCAL_ID;
  const int head = GROUP_ID_Y;
  const QueryTile tile = tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  const int rows = smaller(TILE, tile.query_count * group - tile.first_row);
  OwnRows own;
  int positions[2];
  float own_log_sum_exp[2], own_delta[2];
  for (int i = 0; i < 2; i++) {
    const int a = first_own_row() + 8 * i;
    const int packed = tile.first_row + a;
    const int row = packed_row(tile.query_start, packed, group, query_heads, head);
    own.row[i] = a < rows ? row : -1;
    positions[i] = a < rows ? tile.first_position + packed / group : -1;
    own_log_sum_exp[i] = a < rows ? log_sum_exp[row] : 0.0f;
    own_delta[i] = a < rows ? delta[row] : 0.0f;
  }
  uint kept[KEPT_STEPS ? KEPT_STEPS : 1][PIECES][4];
  uint kept_d_output[KEPT_STEPS ? KEPT_STEPS : 1][PIECES][4];
  keep_own(query, own, KEPT_STEPS, kept);
  keep_own(d_output, own, KEPT_STEPS, kept_d_output);
  float accumulated[2 * COLUMN_PAIRS][4];
  clear_accumulated(accumulated);

  const float ones[2] = {1.0f, 1.0f}, scales[2] = {scale, scale};
  const int begin = larger(0, tile.first_position + tile.first_row / group + 1 - window);
  const int end = tile.first_position + (tile.first_row + rows - 1) / group + 1;
  begin_keys(tile, begin, end, key_value_heads, head, key, value, streamed_rows, copied_quads);
  for (int first = begin; first < end; first += STREAMED) {
    stage_keys(tile, first, end, key_value_heads, head, key, value, streamed_rows, copied_quads,
               keys, values);
    float scores[STREAMED / 8][4], d_scores[STREAMED / 8][4];
    multiply_rows(query, own, KEPT_STEPS, kept, keys, scores);
    if (IN_TURNS) stage_again(value, streamed_rows, values);
    multiply_rows(d_output, own, KEPT_STEPS, kept_d_output, values, d_scores);
#pragma unroll
    for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const int position = positions[e / 2];
        const int key_position = first + 8 * j + lane % 4 * 2 + e % 2;
        const int seen = key_position <= position && key_position > position - window;
        score_gradient(seen, scores[j][e], own_log_sum_exp[e / 2], own_delta[e / 2], scale,
                       soft_cap, &d_scores[j][e]);
      }
    if (IN_TURNS) stage_again(key, streamed_rows, keys);
    accumulate_columns(d_scores, keys, ones, accumulated);
  }
  store_accumulated(accumulated, own, scales, d_query);
}

#endif
