// attention_backward.cl - the gradients of attention_forward.cl (FlashAttention-2, Dao 2023, arXiv:2307.08691).
//
// Per query row t and query head h with key/value head g, over the keys k that t sees:
//     p[k]       = exp(s[k] - log_sum_exp)           (probabilities, computed again by tiles)
//     delta      = d_output . output
//     d_s[k]     = p[k] * (d_output . value[k,g] - delta)    (times 1 - tanh^2 where scores are capped)
//     d_query    = scale * sum_k d_s[k] * key[k,g]
//     d_key      = scale * sum over t, h of g: d_s[k] * query[t,h]
//     d_value    = sum over t, h of g: p[k] * d_output[t,h]
//
//     query_tiles, key_tiles, spans   read    of the layout (see attention_tiles.h)
//     d_output, output, query         [*, H, D]  read
//     key, value                      [*, G, D]  read
//     log_sum_exp                     [*, H]     read
//     delta                           [*, H]     write, then read
//     d_query                         [*, H, D]  write
//     d_key, d_value                  [*, G, D]  write
//     key_partial, value_partial      [slots, prefix rows, G, D]  write, then read: sums over a share of the sequences
//                                     that see the prefix; attention_sum_slots adds the slots in their order
//
// Entries   attention_delta; attention_query_gradient: a query tile keeps its rows and streams keys;
//           attention_key_value_gradient: a key tile keeps its rows and streams the packed queries of its spans;
//           attention_sum_slots
// Mapping   GPU: one work-group of 256 lanes a tile and key/value head. CPU: one work-item.
// Numerics  f32, no atomics: every sum has one order
// Traffic   as forward, with d_output beside query; scores are computed in both gradient entries
// Twin      Sources/Compute/Operations/AttentionTile+Backward.swift, Sources/CArithmetic/attention.c
// Needs     attention_tiles.h
// Build     HEAD_DIMENSION=64,256 TILE=32,64 SOFT_CAP=0,1

#ifdef CPU_DEVICE

#define GROUP 1

// Turns a streamed row's sums of scores and of d_probabilities into probabilities and score gradients, 16 own rows
// from `a` on. `seen` is all ones where the pair is visible.
DEVICE void score_gradient(int16 seen, float16 log_sum_exp, float16 delta, float scale,
                           float soft_cap, float *score, float *d_score) {
  const float16 s = cap(scale * vload16(0, score), soft_cap);
  const float16 p = select((float16)0.0f, exp(s - log_sum_exp), seen);
  float16 d = p * (vload16(0, d_score) - delta);
  if (SOFT_CAP) d *= 1.0f - (s / soft_cap) * (s / soft_cap);
  vstore16(p, 0, score);
  vstore16(select((float16)0.0f, d, seen), 0, d_score);
}

KERNEL(1) attention_query_gradient(
    const GLOBAL QueryTile *RESTRICT query_tiles, const GLOBAL float *RESTRICT d_output,
    const GLOBAL float *RESTRICT query, const GLOBAL float *RESTRICT key,
    const GLOBAL float *RESTRICT value, const GLOBAL float *RESTRICT log_sum_exp,
    const GLOBAL float *RESTRICT delta, GLOBAL float *RESTRICT d_query, int query_heads,
    int key_value_heads, int window, float scale, float soft_cap) {
  const QueryTile tile = query_tiles[GROUP_ID];
  const int head = GROUP_ID_Y;
  const int group = query_heads / key_value_heads;
  const int rows = smaller(TILE, tile.query_count * group - tile.first_row);
  int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  float own_log_sum_exp[TILE], own_delta[TILE];
  for (int a = 0; a < TILE; a++) {
    const int packed = tile.first_row + a;
    const int row = packed_row(tile.query_start, packed, group, query_heads, head);
    own_rows[a] = a < rows ? row : -1;
    positions[a] = a < rows ? tile.first_position + packed / group : -1;
    own_log_sum_exp[a] = a < rows ? log_sum_exp[row] : 0.0f;
    own_delta[a] = a < rows ? delta[row] : 0.0f;
  }
  float own[HEAD_DIMENSION * TILE], own_d_output[HEAD_DIMENSION * TILE];
  float streamed[TILE * WIDTH], streamed_value[TILE * WIDTH], gathered[TILE * WIDTH];
  float scores[TILE * TILE], d_scores[TILE * TILE];
  transpose_rows(query, own_rows, own);
  transpose_rows(d_output, own_rows, own_d_output);
  for (int i = 0; i < TILE * WIDTH; i++) gathered[i] = 0.0f;

  const int begin = larger(0, positions[0] + 1 - window);
  const int end = positions[rows - 1] + 1;
  for (int first = begin; first < end; first += TILE) {
    const int count = smaller(TILE, end - first);
    for (int b = 0; b < TILE; b++)
      streamed_rows[b] = b < count ? key_row(tile, first + b) * key_value_heads + head : -1;
    copy_rows(key, streamed_rows, streamed);
    copy_rows(value, streamed_rows, streamed_value);
    multiply_tiles(streamed, own, count, scores);
    multiply_tiles(streamed_value, own_d_output, count, d_scores);
    for (int b = 0; b < count; b++)
      for (int a = 0; a < TILE; a += 16) {
        const int16 position = vload16(0, positions + a);
        score_gradient(position >= first + b && position - window < first + b,
                       vload16(0, own_log_sum_exp + a), vload16(0, own_delta + a), scale,
                       soft_cap, scores + b * TILE + a, d_scores + b * TILE + a);
      }
    gather(d_scores, streamed, count, gathered);
  }
  for (int a = 0; a < rows; a++) {
    GLOBAL float *to = d_query + (OFFSET)own_rows[a] * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) to[d] = scale * gathered[a * WIDTH + d];
  }
}

KERNEL(1) attention_key_value_gradient(
    const GLOBAL KeyTile *RESTRICT key_tiles, const GLOBAL Span *RESTRICT spans,
    const GLOBAL float *RESTRICT d_output, const GLOBAL float *RESTRICT query,
    const GLOBAL float *RESTRICT key, const GLOBAL float *RESTRICT value,
    const GLOBAL float *RESTRICT log_sum_exp, const GLOBAL float *RESTRICT delta,
    GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
    GLOBAL float *RESTRICT key_partial, GLOBAL float *RESTRICT value_partial, int prefix_count,
    int query_heads, int key_value_heads, int window, float scale, float soft_cap) {
  const KeyTile tile = key_tiles[GROUP_ID];
  const int head = GROUP_ID_Y;
  const int group = query_heads / key_value_heads;
  int own_rows[TILE], streamed_rows[TILE];
  for (int a = 0; a < TILE; a++)
    own_rows[a] = a < tile.key_count ? (tile.key_row + a) * key_value_heads + head : -1;
  float own[HEAD_DIMENSION * TILE], own_value[HEAD_DIMENSION * TILE];
  float streamed[TILE * WIDTH], streamed_d_output[TILE * WIDTH];
  float gathered_key[TILE * WIDTH], gathered_value[TILE * WIDTH];
  float scores[TILE * TILE], d_scores[TILE * TILE];
  transpose_rows(key, own_rows, own);
  transpose_rows(value, own_rows, own_value);
  for (int i = 0; i < TILE * WIDTH; i++) gathered_key[i] = gathered_value[i] = 0.0f;

  const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int index = tile.span_begin; index < tile.span_end; index++) {
    const Span span = spans[index];
    const int first_key = tile.key_row + span.shift;
    const int last_key = first_key + tile.key_count - 1;
    const int begin = larger(0, first_key - span.first_position) * group;
    const int end =
        smaller(span.query_count, last_key + window - span.first_position) * group;
    for (int first = begin; first < end; first += TILE) {
      const int count = smaller(TILE, end - first);
      for (int b = 0; b < TILE; b++)
        streamed_rows[b] =
            b < count ? packed_row(span.query_start, first + b, group, query_heads, head) : -1;
      copy_rows(query, streamed_rows, streamed);
      copy_rows(d_output, streamed_rows, streamed_d_output);
      multiply_tiles(streamed, own, count, scores);
      multiply_tiles(streamed_d_output, own_value, count, d_scores);
      for (int b = 0; b < count; b++) {
        const int position = span.first_position + (first + b) / group;
        const float row_log_sum_exp = log_sum_exp[streamed_rows[b]];
        const float row_delta = delta[streamed_rows[b]];
        for (int a = 0; a < TILE; a += 16) {
          const int16 key_position = first_key + a + lane;
          score_gradient(key_position <= position && key_position > position - window &&
                             key_position <= last_key,
                         (float16)row_log_sum_exp, (float16)row_delta, scale, soft_cap,
                         scores + b * TILE + a, d_scores + b * TILE + a);
        }
      }
      gather(scores, streamed_d_output, count, gathered_value);
      gather(d_scores, streamed, count, gathered_key);
    }
  }

  const OFFSET slot = (OFFSET)larger(tile.slot, 0) * prefix_count * key_value_heads;
  GLOBAL float *key_target = tile.slot < 0 ? d_key : key_partial + slot * HEAD_DIMENSION;
  GLOBAL float *value_target = tile.slot < 0 ? d_value : value_partial + slot * HEAD_DIMENSION;
  for (int a = 0; a < tile.key_count; a++) {
    const OFFSET to = (OFFSET)own_rows[a] * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) {
      key_target[to + d] = scale * gathered_key[a * WIDTH + d];
      value_target[to + d] = gathered_value[a * WIDTH + d];
    }
  }
}

#else

#define GROUP LANES

// A pair's probability, and in `d_score` its score gradient in place of the gradient of the probability.
DEVICE float score_gradient(int seen, float sum, float log_sum_exp, float delta, float scale,
                            float soft_cap, float *d_score) {
  const float s = cap(scale * sum, soft_cap);
  const float p = seen ? EXP(s - log_sum_exp) : 0.0f;
  float d = p * (*d_score - delta);
  if (SOFT_CAP) d *= 1.0f - (s / soft_cap) * (s / soft_cap);
  *d_score = seen ? d : 0.0f;
  return p;
}

KERNEL(LANES) attention_query_gradient(
    const GLOBAL QueryTile *RESTRICT query_tiles, const GLOBAL float *RESTRICT d_output,
    const GLOBAL float *RESTRICT query, const GLOBAL float *RESTRICT key,
    const GLOBAL float *RESTRICT value, const GLOBAL float *RESTRICT log_sum_exp,
    const GLOBAL float *RESTRICT delta, GLOBAL float *RESTRICT d_query, int query_heads,
    int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  LOCAL float staging[STAGING], weights[TILE * PITCH];
  LOCAL float own_log_sum_exp[TILE], own_delta[TILE];
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  const int head = GROUP_ID_Y;
  const QueryTile tile = query_tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  const int rows = smaller(TILE, tile.query_count * group - tile.first_row);
  if (lane < TILE) {
    const int packed = tile.first_row + lane;
    const int row = packed_row(tile.query_start, packed, group, query_heads, head);
    own_rows[lane] = lane < rows ? row : -1;
    positions[lane] = lane < rows ? tile.first_position + packed / group : -1;
    own_log_sum_exp[lane] = lane < rows ? log_sum_exp[row] : 0.0f;
    own_delta[lane] = lane < rows ? delta[row] : 0.0f;
  }
  float gathered[SHARE][COLUMNS];
  for (int i = 0; i < SHARE; i++)
    for (int c = 0; c < COLUMNS; c++) gathered[i][c] = 0.0f;

  const int begin = larger(0, tile.first_position + tile.first_row / group + 1 - window);
  const int end = tile.first_position + (tile.first_row + rows - 1) / group + 1;
  for (int first = begin; first < end; first += TILE) {
    if (lane < TILE)
      streamed_rows[lane] =
          first + lane < end ? key_row(tile, first + lane) * key_value_heads + head : -1;
    BARRIER();
    float scores[SHARE][SHARE], d_scores[SHARE][SHARE];
    multiply_tiles(query, own_rows, key, streamed_rows, staging, scores);
    multiply_tiles(d_output, own_rows, value, streamed_rows, staging, d_scores);
    for (int i = 0; i < SHARE; i++)
      for (int j = 0; j < SHARE; j++) {
        const int a = y * SHARE + i, b = x * SHARE + j;
        const int seen = first + b <= positions[a] && first + b > positions[a] - window;
        score_gradient(seen, scores[i][j], own_log_sum_exp[a], own_delta[a], scale, soft_cap,
                       &d_scores[i][j]);
        weights[b * PITCH + a] = d_scores[i][j];
      }
    BARRIER();
    gather(weights, key, streamed_rows, staging, gathered);
  }
  BARRIER();
  store_gathered(gathered, own_rows, scale, d_query);
}

KERNEL(LANES) attention_key_value_gradient(
    const GLOBAL KeyTile *RESTRICT key_tiles, const GLOBAL Span *RESTRICT spans,
    const GLOBAL float *RESTRICT d_output, const GLOBAL float *RESTRICT query,
    const GLOBAL float *RESTRICT key, const GLOBAL float *RESTRICT value,
    const GLOBAL float *RESTRICT log_sum_exp, const GLOBAL float *RESTRICT delta,
    GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
    GLOBAL float *RESTRICT key_partial, GLOBAL float *RESTRICT value_partial, int prefix_count,
    int query_heads, int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  LOCAL float staging[STAGING], weights[TILE * PITCH];
  LOCAL float row_log_sum_exp[TILE], row_delta[TILE];
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  const int head = GROUP_ID_Y;
  const KeyTile tile = key_tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  if (lane < TILE)
    own_rows[lane] =
        lane < tile.key_count ? (tile.key_row + lane) * key_value_heads + head : -1;
  float gathered_key[SHARE][COLUMNS], gathered_value[SHARE][COLUMNS];
  for (int i = 0; i < SHARE; i++)
    for (int c = 0; c < COLUMNS; c++) gathered_key[i][c] = gathered_value[i][c] = 0.0f;

  for (int index = tile.span_begin; index < tile.span_end; index++) {
    const Span span = spans[index];
    const int first_key = tile.key_row + span.shift;
    const int last_key = first_key + tile.key_count - 1;
    const int begin = larger(0, first_key - span.first_position) * group;
    const int end =
        smaller(span.query_count, last_key + window - span.first_position) * group;
    for (int first = begin; first < end; first += TILE) {
      if (lane < TILE) {
        const int packed = first + lane;
        const int row = packed_row(span.query_start, packed, group, query_heads, head);
        streamed_rows[lane] = packed < end ? row : -1;
        positions[lane] = packed < end ? span.first_position + packed / group : -1;
        row_log_sum_exp[lane] = packed < end ? log_sum_exp[row] : 0.0f;
        row_delta[lane] = packed < end ? delta[row] : 0.0f;
      }
      BARRIER();
      float scores[SHARE][SHARE], d_scores[SHARE][SHARE];
      multiply_tiles(key, own_rows, query, streamed_rows, staging, scores);
      multiply_tiles(value, own_rows, d_output, streamed_rows, staging, d_scores);
      for (int i = 0; i < SHARE; i++)
        for (int j = 0; j < SHARE; j++) {
          const int b = x * SHARE + j;
          const int key_position = first_key + y * SHARE + i;
          const int seen = key_position <= positions[b] &&
                           key_position > positions[b] - window && key_position <= last_key;
          weights[b * PITCH + y * SHARE + i] =
              score_gradient(seen, scores[i][j], row_log_sum_exp[b], row_delta[b], scale,
                             soft_cap, &d_scores[i][j]);
        }
      BARRIER();
      gather(weights, d_output, streamed_rows, staging, gathered_value);
      for (int i = 0; i < SHARE; i++)
        for (int j = 0; j < SHARE; j++)
          weights[(x * SHARE + j) * PITCH + y * SHARE + i] = d_scores[i][j];
      BARRIER();
      gather(weights, query, streamed_rows, staging, gathered_key);
    }
  }
  BARRIER();
  const OFFSET slot = (OFFSET)larger(tile.slot, 0) * prefix_count * key_value_heads;
  store_gathered(gathered_key, own_rows, scale,
                 tile.slot < 0 ? d_key : key_partial + slot * HEAD_DIMENSION);
  store_gathered(gathered_value, own_rows, 1.0f,
                 tile.slot < 0 ? d_value : value_partial + slot * HEAD_DIMENSION);
}

#endif

KERNEL(GROUP) attention_delta(const GLOBAL float *RESTRICT d_output,
                              const GLOBAL float *RESTRICT output, GLOBAL float *RESTRICT delta,
                              int rows) {
  const int row = GROUP_ID * GROUP + LOCAL_ID;
  if (row >= rows) return;
  const OFFSET from = (OFFSET)row * HEAD_DIMENSION;
  float sum = 0.0f;
  for (int d = 0; d < HEAD_DIMENSION; d++) sum += d_output[from + d] * output[from + d];
  delta[row] = sum;
}

KERNEL(GROUP) attention_sum_slots(const GLOBAL float *RESTRICT key_partial,
                                  const GLOBAL float *RESTRICT value_partial,
                                  GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
                                  int count, int slots) {
  const int index = GROUP_ID * GROUP + LOCAL_ID;
  if (index >= count) return;
  float key_sum = 0.0f, value_sum = 0.0f;
  for (int slot = 0; slot < slots; slot++) {
    key_sum += key_partial[(OFFSET)slot * count + index];
    value_sum += value_partial[(OFFSET)slot * count + index];
  }
  d_key[index] = key_sum;
  d_value[index] = value_sum;
}
