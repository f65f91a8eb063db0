// attention_query_gradient.cl - the gradient of attention_forward.cl with respect to the queries
// (FlashAttention-2, Dao 2023, arXiv:2307.08691).
//
// Per query row t and query head h with key/value head g, over the visible keys k:
//     p[k]     = exp(s[k] - log_sum_exp)        (probabilities, recomputed tile by tile)
//     d_s[k]   = p[k] * (d_output . value[k,g] - delta)
//                (times 1 - (s / soft_cap)^2 if scores are soft-capped)
//     d_query  = scale * sum_k d_s[k] * key[k,g]
//
//     tiles             [*]        read         query tiles of the layout (attention_tiles.h)
//     d_output          [*, H, D]  read
//     query             [*, H, D]  read
//     key, value        [*, G, D]  read
//     log_sum_exp       [*, H]     read
//     delta             [*, H]     read          d_output . output (attention_delta.cl)
//     d_query           [*, H, D]  write
//
// Mapping   own rows are queries, streamed rows are keys.
//           GPU: one work-group of 256 lanes per query tile and key/value head; on tensor cores one
//           warp per 16 rows of a query tile. CPU: one work-item.
// Passes    per tile of keys: 1. scores and d_output . value  2. score gradients
//           3. accumulated over the keys. With PREFETCH the next tile of keys is copied meanwhile
// Numerics  f32, no atomics: the order of every sum is fixed. On tensor cores operands of products
//           are three bf16 pieces, or one if PIECES is 1 (attention_fragments.h)
// Traffic   d_query once. Per query tile: GPU key twice (scores, sums)
//           and value once; CPU both once. query and d_output: GPU once per key tile that their
//           query tile sees, since multiply_tiles stages both tiles again each time; CPU once
// Needs     attention_tiles.h attention_tiles_wide.h tensor_cores.h attention_fragments.h
// Needs     attention_staging.h attention_query_gradient_fragments.h
// Build     HEAD_DIMENSION=8,80,256 TILE=16,32,64 SOFT_CAP=0,1 CHUNK=8,16
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 PIECES=3,1 KEEP=0,1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=3 SPLIT=2 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 KEEP=0,1 PREFETCH=1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=1 PREFETCH=1 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=256 TILE=32 STREAMED=16 SPLIT=4 IN_TURNS=1 SOFT_CAP=0
// Twin      Sources/Compute/Attention/CPUAttention+Backward.swift, Sources/CArithmetic/attention.c

#ifdef CPU_DEVICE

KERNEL(1) attention_query_gradient(
    const GLOBAL QueryTile *RESTRICT tiles, const GLOBAL float *RESTRICT d_output,
    const GLOBAL float *RESTRICT query, const GLOBAL float *RESTRICT key,
    const GLOBAL float *RESTRICT value, const GLOBAL float *RESTRICT log_sum_exp,
    const GLOBAL float *RESTRICT delta, GLOBAL float *RESTRICT d_query, int query_heads,
    int key_value_heads, int window, float scale, float soft_cap) {
  const QueryTile tile = tiles[GROUP_ID];
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
  float streamed[TILE * WIDTH], streamed_value[TILE * WIDTH], accumulated[TILE * WIDTH];
  float scores[TILE * TILE], d_scores[TILE * TILE];
  transpose_rows(query, own_rows, own);
  transpose_rows(d_output, own_rows, own_d_output);
  for (int i = 0; i < TILE * WIDTH; i++) accumulated[i] = 0.0f;

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
    accumulate(d_scores, streamed, count, accumulated);
  }
  for (int a = 0; a < rows; a++) {
    GLOBAL float *to = d_query + (OFFSET)own_rows[a] * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) to[d] = scale * accumulated[a * WIDTH + d];
  }
}

#elif !TENSOR_CORES

KERNEL(LANES) attention_query_gradient(
    const GLOBAL QueryTile *RESTRICT tiles, const GLOBAL float *RESTRICT d_output,
    const GLOBAL float *RESTRICT query, const GLOBAL float *RESTRICT key,
    const GLOBAL float *RESTRICT value, const GLOBAL float *RESTRICT log_sum_exp,
    const GLOBAL float *RESTRICT delta, GLOBAL float *RESTRICT d_query, int query_heads,
    int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  LOCAL float4 weight_quads[TILE * PITCH / 4];
  LOCAL float staging[STAGING];
  LOCAL float own_log_sum_exp[TILE], own_delta[TILE];
  LOCAL_ARG float *weights = (LOCAL_ARG float *)weight_quads;
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  const int head = GROUP_ID_Y;
  const QueryTile tile = tiles[GROUP_ID];
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
  float accumulated[PER_LANE][COLUMNS];
  clear_accumulated(accumulated);

  const int begin = larger(0, tile.first_position + tile.first_row / group + 1 - window);
  const int end = tile.first_position + (tile.first_row + rows - 1) / group + 1;
  for (int first = begin; first < end; first += TILE) {
    if (lane < TILE)
      streamed_rows[lane] =
          first + lane < end ? key_row(tile, first + lane) * key_value_heads + head : -1;
    BARRIER();
    float scores[PER_LANE][PER_LANE], d_scores[PER_LANE][PER_LANE];
    multiply_tiles(query, own_rows, key, streamed_rows, staging, scores);
    multiply_tiles(d_output, own_rows, value, streamed_rows, staging, d_scores);
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
#pragma unroll
      for (int j = 0; j < PER_LANE; j++) {
        const int a = y * PER_LANE + i, b = x + j * SIDE;
        const int seen = first + b <= positions[a] && first + b > positions[a] - window;
        score_gradient(seen, scores[i][j], own_log_sum_exp[a], own_delta[a], scale, soft_cap,
                       &d_scores[i][j]);
      }
    store_weights(d_scores, weights);
    accumulate(weights, key, streamed_rows, staging, accumulated);
  }
  BARRIER();
  store_accumulated(accumulated, own_rows, scale, d_query);
}

#endif
