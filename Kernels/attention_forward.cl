// attention_forward.cl - scaled dot-product attention with grouped-query heads over packed
// sequences (FlashAttention-2, Dao 2023, arXiv:2307.08691).
//
// Per query row t and query head h, with key/value head g = h / (H / G), over the visible keys k:
//     s[k]         = scale * query[t,h] . key[k,g]     (soft_cap * tanh(s / soft_cap) where capped)
//     output       = sum_k softmax(s)[k] * value[k,g]
//     log_sum_exp  = log sum_k exp(s[k])
// A query at position p sees the keys at positions p - window + 1 ... p (attention_tiles.h). A
// query that sees no key gets output 0 and log_sum_exp MASKED.
//
//     tiles        [*]        read   query tiles of the layout
//     query        [*, H, D]  read
//     key, value   [*, G, D]  read
//     output       [*, H, D]  write
//     log_sum_exp  [*, H]     write
//
// Mapping   GPU: one work-group of 256 lanes per query tile and key/value head; on tensor cores one
//           warp per 16 rows of a query tile. CPU: one work-item.
// Passes    per tile of keys: 1. scores  2. running maximum, probabilities, running sum
//           3. rescale the accumulated output, add probabilities * values.
//           At the end: divide by the sum. With PREFETCH the next tile of keys is copied meanwhile
// Numerics  f32; MASKED is finite, so no infinity enters a sum. On tensor cores operands of
//           products are three bf16 pieces, or one if PIECES is 1 (attention_fragments.h); scores,
//           probabilities and sums are f32
// Traffic   key and value once per query tile (TILE packed rows); output and log_sum_exp once.
//           query: GPU once per key tile that its query tile sees, since multiply_tiles stages
//           both tiles again each time; CPU once, since the tile stays in private memory
// Needs     attention_tiles.h attention_tiles_wide.h tensor_cores.h attention_fragments.h
// Needs     attention_staging.h attention_forward_fragments.h
// Build     HEAD_DIMENSION=8,80,256 TILE=16,32,64 SOFT_CAP=0,1 CHUNK=8,16
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 PIECES=3,1 KEEP=0,1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=3 SPLIT=2 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=64 TILE=64 STREAMED=32 KEEP=0,1 PREFETCH=1 SOFT_CAP=1
// Build     TENSOR_CORES=1 HEAD_DIMENSION=80,8 TILE=64 STREAMED=16 PIECES=1 PREFETCH=1 SOFT_CAP=0
// Build     TENSOR_CORES=1 HEAD_DIMENSION=256 TILE=32 STREAMED=16 SPLIT=4 IN_TURNS=1 SOFT_CAP=0
// Twin      Sources/Compute/Attention/CPUAttention.swift, Sources/CArithmetic/attention.c

#ifdef CPU_DEVICE

KERNEL(1) attention_forward(const GLOBAL QueryTile *RESTRICT tiles,
                            const GLOBAL float *RESTRICT query,
                            const GLOBAL float *RESTRICT key,
                            const GLOBAL float *RESTRICT value, GLOBAL float *RESTRICT output,
                            GLOBAL float *RESTRICT log_sum_exp, int query_heads,
                            int key_value_heads, int window, float scale, float soft_cap) {
  const QueryTile tile = tiles[GROUP_ID];
  const int head = GROUP_ID_Y;
  const int group = query_heads / key_value_heads;
  const int rows = smaller(TILE, tile.query_count * group - tile.first_row);
  int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  for (int a = 0; a < TILE; a++) {
    const int packed = tile.first_row + a;
    own_rows[a] =
        a < rows ? packed_row(tile.query_start, packed, group, query_heads, head) : -1;
    positions[a] = a < rows ? tile.first_position + packed / group : -1;
  }
  float own[HEAD_DIMENSION * TILE], streamed[TILE * WIDTH], weights[TILE * TILE];
  float accumulated[TILE * WIDTH], maximum[TILE], sum[TILE];
  transpose_rows(query, own_rows, own);
  for (int i = 0; i < TILE * WIDTH; i++) accumulated[i] = 0.0f;
  for (int a = 0; a < TILE; a++) maximum[a] = MASKED;
  for (int a = 0; a < TILE; a++) sum[a] = 0.0f;

  const int begin = larger(0, positions[0] + 1 - window);
  const int end = positions[rows - 1] + 1;
  for (int first = begin; first < end; first += TILE) {
    const int count = smaller(TILE, end - first);
    for (int b = 0; b < TILE; b++)
      streamed_rows[b] =
          b < count ? key_row(tile, first + b) * key_value_heads + head : -1;
    copy_rows(key, streamed_rows, streamed);
    multiply_tiles(streamed, own, count, weights);
    for (int a = 0; a < TILE; a += 16) {
      const int16 position = vload16(0, positions + a);
      const float16 old = vload16(0, maximum + a);
      float16 largest = old;
      for (int b = 0; b < count; b++) {
        const int16 seen = position >= first + b && position - window < first + b;
        const float16 score = cap(scale * vload16(0, weights + b * TILE + a), soft_cap);
        const float16 masked = select((float16)MASKED, score, seen);
        vstore16(masked, 0, weights + b * TILE + a);
        largest = fmax(largest, masked);
      }
      const float16 rescale = exp(old - largest);
      float16 total = rescale * vload16(0, sum + a);
      for (int b = 0; b < count; b++) {
        const float16 score = vload16(0, weights + b * TILE + a);
        const float16 probability =
            select((float16)0.0f, exp(score - largest), score > 0.5f * MASKED);
        vstore16(probability, 0, weights + b * TILE + a);
        total += probability;
      }
      vstore16(largest, 0, maximum + a);
      vstore16(total, 0, sum + a);
      float factors[16];
      vstore16(rescale, 0, factors);
      for (int i = 0; i < 16; i++)
        for (int d = 0; d < WIDTH; d++) accumulated[(a + i) * WIDTH + d] *= factors[i];
    }
    copy_rows(value, streamed_rows, streamed);
    accumulate(weights, streamed, count, accumulated);
  }

  for (int a = 0; a < rows; a++) {
    const float probability = sum[a] > 0.0f ? 1.0f / sum[a] : 0.0f;
    GLOBAL float *to = output + (OFFSET)own_rows[a] * HEAD_DIMENSION;
    for (int d = 0; d < HEAD_DIMENSION; d++) to[d] = probability * accumulated[a * WIDTH + d];
    log_sum_exp[own_rows[a]] = sum[a] > 0.0f ? maximum[a] + LOG(sum[a]) : MASKED;
  }
}

#elif !TENSOR_CORES

// In the softmax, PARTS lanes work on each own row. Two ifs on the same condition around a barrier
// are avoided: PoCL 3.1 silently miscompiles them.
#define PARTS (LANES / TILE)
#define SLICE (TILE / PARTS)

// accumulated[i][c] *= factors[y * PER_LANE + i]
DEVICE void rescale_accumulated(float accumulated[PER_LANE][COLUMNS],
                                const LOCAL_ARG float *factors) {
  const int y = LOCAL_ID / SIDE;
#pragma unroll
  for (int i = 0; i < PER_LANE; i++)
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) accumulated[i][c] *= factors[y * PER_LANE + i];
}

KERNEL(LANES) attention_forward(const GLOBAL QueryTile *RESTRICT tiles,
                                const GLOBAL float *RESTRICT query,
                                const GLOBAL float *RESTRICT key,
                                const GLOBAL float *RESTRICT value,
                                GLOBAL float *RESTRICT output,
                                GLOBAL float *RESTRICT log_sum_exp, int query_heads,
                                int key_value_heads, int window, float scale, float soft_cap) {
  LOCAL int own_rows[TILE], streamed_rows[TILE], positions[TILE];
  LOCAL float4 weight_quads[TILE * PITCH / 4];
  LOCAL float staging[STAGING], partial[LANES];
  LOCAL float rescale[TILE];
  LOCAL_ARG float *weights = (LOCAL_ARG float *)weight_quads;
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  const int row = lane % TILE, part = lane / TILE;
  const int head = GROUP_ID_Y;
  const QueryTile tile = tiles[GROUP_ID];
  const int group = query_heads / key_value_heads;
  const int rows = smaller(TILE, tile.query_count * group - tile.first_row);
  if (lane < TILE) {
    const int packed = tile.first_row + lane;
    own_rows[lane] =
        lane < rows ? packed_row(tile.query_start, packed, group, query_heads, head) : -1;
    positions[lane] = lane < rows ? tile.first_position + packed / group : -1;
  }
  // Running maximum and sum of own row `row`; all PARTS lanes of the row hold the same values.
  float maximum = MASKED, sum = 0.0f;
  float accumulated[PER_LANE][COLUMNS];
  clear_accumulated(accumulated);

  const int begin = larger(0, tile.first_position + tile.first_row / group + 1 - window);
  const int end = tile.first_position + (tile.first_row + rows - 1) / group + 1;
  for (int first = begin; first < end; first += TILE) {
    if (lane < TILE)
      streamed_rows[lane] =
          first + lane < end ? key_row(tile, first + lane) * key_value_heads + head : -1;
    BARRIER();
    float scores[PER_LANE][PER_LANE];
    multiply_tiles(query, own_rows, key, streamed_rows, staging, scores);
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
#pragma unroll
      for (int j = 0; j < PER_LANE; j++) {
        const int position = positions[y * PER_LANE + i];
        const int key_position = first + x + j * SIDE;
        const int seen = key_position <= position && key_position > position - window;
        scores[i][j] = seen ? cap(scale * scores[i][j], soft_cap) : MASKED;
      }
    store_weights(scores, weights);
    BARRIER();

    float largest = MASKED;
    for (int b = part * SLICE; b < (part + 1) * SLICE; b++)
      largest = MAX(largest, weights[b * PITCH + row]);
    partial[lane] = largest;
    BARRIER();
    largest = maximum;
    for (int p = 0; p < PARTS; p++) largest = MAX(largest, partial[p * TILE + row]);
    float added = 0.0f;
    for (int b = part * SLICE; b < (part + 1) * SLICE; b++) {
      const float score = weights[b * PITCH + row];
      const float probability = score > 0.5f * MASKED ? EXP(score - largest) : 0.0f;
      weights[b * PITCH + row] = probability;
      added += probability;
    }
    BARRIER();
    partial[lane] = added;
    if (part == 0) rescale[row] = EXP(maximum - largest);
    BARRIER();
    sum *= EXP(maximum - largest);
    for (int p = 0; p < PARTS; p++) sum += partial[p * TILE + row];
    maximum = largest;
    rescale_accumulated(accumulated, rescale);
    accumulate(weights, value, streamed_rows, staging, accumulated);
  }

  if (part == 0) rescale[row] = sum > 0.0f ? 1.0f / sum : 0.0f;
  BARRIER();
  rescale_accumulated(accumulated, rescale);
  store_accumulated(accumulated, own_rows, 1.0f, output);
  if (part == 0 && row < rows)
    log_sum_exp[own_rows[row]] = sum > 0.0f ? maximum + LOG(sum) : MASKED;
}

#endif
