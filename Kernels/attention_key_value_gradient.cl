// attention_key_value_gradient.cl - the gradients of attention_forward.cl with respect to keys
// and values (FlashAttention-2, Dao 2023, arXiv:2307.08691).
//
// Per key row k and key/value head g, over the query rows t that see k and the query heads h of
// group g, with p and d_s of attention_query_gradient.cl:
//     d_key    = scale * sum over t, h: d_s[k] * query[t,h]
//     d_value  = sum over t, h: p[k] * d_output[t,h]
//
//     tiles, spans     [*]                  read         of the layout (attention_tiles.h)
//     d_output, query  [*, H, D]            read
//     key, value       [*, G, D]            read
//     log_sum_exp      [*, H]               read
//     delta            [*, H]               read         of attention_delta.cl
//     d_key, d_value   [*, G, D]            write
//     key_partial      [slots, slot_rows, G, D]  write: sums over a part of the queries that see a
//                                           row, for attention_sum_slots.cl; value_partial
//                                           likewise
//
// Mapping   own rows are keys, streamed rows are the packed queries of the tile's spans.
//           GPU: one work-group of 256 lanes per key tile and key/value head; on tensor cores
//           SPLIT warps per 16 rows of a key tile. CPU: one work-item.
// Passes    per tile of queries: 1. scores and d_output . value  2. probabilities, score gradients
//           3. both accumulated over the queries. With PREFETCH the next tile of a span is copied
//           meanwhile
// Numerics  f32, no atomics: the order of every sum is fixed. On tensor cores operands of products
//           are three bf16 pieces, or one if PIECES is 1 (attention_fragments.h)
// Traffic   d_key and d_value once. Per key tile: GPU query and d_output twice (scores, sums);
//           CPU once. key and value: GPU once per tile of queries that sees them, since
//           multiply_tiles stages both tiles again each time; CPU once. Rows with slots: all this
//           per slot, and the partial sums once
// Needs     attention_tiles.h attention_tiles_wide.h tensor_cores.h attention_fragments.h
// Needs     attention_staging.h attention_key_value_gradient_fragments.h
// Build     HEAD_DIMENSION=8,80,256 TILE=16,32,64 SOFT_CAP=0,1 CHUNK=8,16
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 PIECES=3,1 KEEP=0,1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=3 SPLIT=2 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 SPLIT=2 PREFETCH=1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=1 PREFETCH=1 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=256 TILE=32 STREAMED=16 SPLIT=4 IN_TURNS=1 SOFT_CAP=0
// Twin      Sources/Compute/Attention/CPUAttention+Backward.swift, Sources/CArithmetic/attention.c

#ifdef CPU_DEVICE

KERNEL(1) attention_key_value_gradient(
    const GLOBAL KeyTile *RESTRICT tiles, const GLOBAL Span *RESTRICT spans,
    const GLOBAL float *RESTRICT d_output, const GLOBAL float *RESTRICT query,
    const GLOBAL float *RESTRICT key, const GLOBAL float *RESTRICT value,
    const GLOBAL float *RESTRICT log_sum_exp, const GLOBAL float *RESTRICT delta,
    GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
    GLOBAL float *RESTRICT key_partial, GLOBAL float *RESTRICT value_partial, int slot_rows,
    int query_heads, int key_value_heads, int window, float scale, float soft_cap) {
  const KeyTile tile = tiles[GROUP_ID];
  const int head = GROUP_ID_Y;
  const int group = query_heads / key_value_heads;
  int own_rows[TILE], streamed_rows[TILE];
  for (int a = 0; a < TILE; a++)
    own_rows[a] = a < tile.key_count ? (tile.key_row + a) * key_value_heads + head : -1;
  float own[HEAD_DIMENSION * TILE], own_value[HEAD_DIMENSION * TILE];
  float streamed[TILE * WIDTH], streamed_d_output[TILE * WIDTH];
  float accumulated_key[TILE * WIDTH], accumulated_value[TILE * WIDTH];
  float scores[TILE * TILE], d_scores[TILE * TILE];
  transpose_rows(key, own_rows, own);
  transpose_rows(value, own_rows, own_value);
  for (int i = 0; i < TILE * WIDTH; i++) accumulated_key[i] = accumulated_value[i] = 0.0f;

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
      accumulate(scores, streamed_d_output, count, accumulated_value);
      accumulate(d_scores, streamed, count, accumulated_key);
    }
  }

  const OFFSET slot = (OFFSET)larger(tile.slot, 0) * slot_rows * key_value_heads;
  GLOBAL float *key_target = tile.slot < 0 ? d_key : key_partial + slot * HEAD_DIMENSION;
  GLOBAL float *value_target = tile.slot < 0 ? d_value : value_partial + slot * HEAD_DIMENSION;
  for (int a = 0; a < tile.key_count; a++) {
    const OFFSET to = (OFFSET)own_rows[a] * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) {
      key_target[to + d] = scale * accumulated_key[a * WIDTH + d];
      value_target[to + d] = accumulated_value[a * WIDTH + d];
    }
  }
}

#elif !TENSOR_CORES

KERNEL(LANES) attention_key_value_gradient(
    const GLOBAL KeyTile *RESTRICT tiles, const GLOBAL Span *RESTRICT spans,
    const GLOBAL float *RESTRICT d_output, const GLOBAL float *RESTRICT query,
    const GLOBAL float *RESTRICT key, const GLOBAL float *RESTRICT value,
    const GLOBAL float *RESTRICT log_sum_exp, const GLOBAL float *RESTRICT delta,
    GLOBAL float *RESTRICT d_key, GLOBAL float *RESTRICT d_value,
    GLOBAL float *RESTRICT key_partial, GLOBAL float *RESTRICT value_partial, int slot_rows,
    int query_heads, int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  LOCAL float4 weight_quads[TILE * PITCH / 4];
  LOCAL float staging[STAGING];
  LOCAL float row_log_sum_exp[TILE], row_delta[TILE];
  LOCAL_ARG float *weights = (LOCAL_ARG float *)weight_quads;
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  const int head = GROUP_ID_Y;
  const KeyTile tile = tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  if (lane < TILE)
    own_rows[lane] =
        lane < tile.key_count ? (tile.key_row + lane) * key_value_heads + head : -1;
  float accumulated_key[PER_LANE][COLUMNS], accumulated_value[PER_LANE][COLUMNS];
  clear_accumulated(accumulated_key);
  clear_accumulated(accumulated_value);

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
      float scores[PER_LANE][PER_LANE], d_scores[PER_LANE][PER_LANE];
      multiply_tiles(key, own_rows, query, streamed_rows, staging, scores);
      multiply_tiles(value, own_rows, d_output, streamed_rows, staging, d_scores);
#pragma unroll
      for (int i = 0; i < PER_LANE; i++)
#pragma unroll
        for (int j = 0; j < PER_LANE; j++) {
          const int b = x + j * SIDE;
          const int key_position = first_key + y * PER_LANE + i;
          const int seen = key_position <= positions[b] &&
                           key_position > positions[b] - window && key_position <= last_key;
          scores[i][j] = score_gradient(seen, scores[i][j], row_log_sum_exp[b], row_delta[b],
                                        scale, soft_cap, &d_scores[i][j]);
        }
      store_weights(scores, weights);
      accumulate(weights, d_output, streamed_rows, staging, accumulated_value);
      store_weights(d_scores, weights);
      accumulate(weights, query, streamed_rows, staging, accumulated_key);
    }
  }
  BARRIER();
  const OFFSET slot = (OFFSET)larger(tile.slot, 0) * slot_rows * key_value_heads;
  store_accumulated(accumulated_key, own_rows, scale,
                 tile.slot < 0 ? d_key : key_partial + slot * HEAD_DIMENSION);
  store_accumulated(accumulated_value, own_rows, 1.0f,
                 tile.slot < 0 ? d_value : value_partial + slot * HEAD_DIMENSION);
}

#endif
