// attention_forward_fragments.h - the entry of attention_forward.cl on tensor cores.

#if TENSOR_CORES

KERNEL(LANES) attention_forward(const GLOBAL QueryTile *RESTRICT tiles,
                                const GLOBAL float *RESTRICT query,
                                const GLOBAL float *RESTRICT key,
                                const GLOBAL float *RESTRICT value,
                                GLOBAL float *RESTRICT output,
                                GLOBAL float *RESTRICT log_sum_exp, int query_heads,
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
  for (int i = 0; i < 2; i++) {
    const int a = first_own_row() + 8 * i;
    const int packed = tile.first_row + a;
    own.row[i] = a < rows ? packed_row(tile.query_start, packed, group, query_heads, head) : -1;
    positions[i] = a < rows ? tile.first_position + packed / group : -1;
  }
  uint kept[KEPT_STEPS ? KEPT_STEPS : 1][PIECES][4];
  keep_own(query, own, KEPT_STEPS, kept);
  // The sums are those of the lane's columns; four lanes share a row.
  float maximum[2] = {MASKED, MASKED}, sum[2] = {0.0f, 0.0f};
  float accumulated[2 * COLUMN_PAIRS][4];
  clear_accumulated(accumulated);

  const int begin = larger(0, tile.first_position + tile.first_row / group + 1 - window);
  const int end = tile.first_position + (tile.first_row + rows - 1) / group + 1;
  begin_keys(tile, begin, end, key_value_heads, head, key, value, streamed_rows, copied_quads);
  for (int first = begin; first < end; first += STREAMED) {
    stage_keys(tile, first, end, key_value_heads, head, key, value, streamed_rows, copied_quads,
               keys, values);
    float scores[STREAMED / 8][4];
    multiply_rows(query, own, KEPT_STEPS, kept, keys, scores);
    float largest[2] = {maximum[0], maximum[1]}, rescale[2];
#pragma unroll
    for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const int position = positions[e / 2];
        const int key_position = first + 8 * j + lane % 4 * 2 + e % 2;
        const int seen = key_position <= position && key_position > position - window;
        scores[j][e] = seen ? cap(scale * scores[j][e], soft_cap) : MASKED;
        largest[e / 2] = MAX(largest[e / 2], scores[j][e]);
      }
#pragma unroll
    for (int i = 0; i < 2; i++) {
      largest[i] = MAX(largest[i], SHUFFLE_XOR(largest[i], 1));
      largest[i] = MAX(largest[i], SHUFFLE_XOR(largest[i], 2));
      rescale[i] = EXP(maximum[i] - largest[i]);
      maximum[i] = largest[i];
      sum[i] *= rescale[i];
    }
#pragma unroll
    for (int j = 0; j < STREAMED / 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const float score = scores[j][e];
        scores[j][e] = score > 0.5f * MASKED ? EXP(score - largest[e / 2]) : 0.0f;
        sum[e / 2] += scores[j][e];
      }
    if (IN_TURNS) stage_again(value, streamed_rows, values);
    accumulate_columns(scores, values, rescale, accumulated);
  }

  float reciprocal[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    sum[i] += SHUFFLE_XOR(sum[i], 1);
    sum[i] += SHUFFLE_XOR(sum[i], 2);
    reciprocal[i] = sum[i] > 0.0f ? 1.0f / sum[i] : 0.0f;
    if (own.row[i] >= 0 && lane % 4 == 0 && lane / WARP % SPLIT == 0)
      log_sum_exp[own.row[i]] = sum[i] > 0.0f ? maximum[i] + LOG(sum[i]) : MASKED;
  }
  store_accumulated(accumulated, own, reciprocal, output);
}

#endif
