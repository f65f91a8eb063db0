// attention_tiles.h - tile operations shared by the attention kernels.
//
// Each work-group owns one tile of TILE rows (the own tile). Other rows are streamed, TILE rows at
// a time:
//     multiply     sums[b][a] = sum_d streamed[b][d] * own[a][d]
//     weights      weights[b][a] from sums: probabilities or score gradients
//     accumulate   accumulated[a][d] += sum_b weights[b][a] * streamed[b][d]
// A tile is a list of TILE row indices into a matrix [*, HEAD_DIMENSION]; -1 marks a missing row.
//
// A query tile holds packed rows. Packed row r of a sequence is query r / (H / G) of query head
// r % (H / G) in its group: the heads of a group see the same keys. Key positions start at 0 with
// the prefix and continue with the sequence's own keys.
//
// Built with  HEAD_DIMENSION  D, 1 to 256
//             TILE            16, 32 or 64 on GPUs, a multiple of 32 on devices of CPU type
//             CHUNK           8, 16 or 32, at most TILE, on GPUs: elements or rows staged in local
//                             memory at a time
//             TENSOR_CORES    1: attention_fragments.h has the tile operations; those of devices
//                             of CPU type are in attention_tiles_wide.h
//             SOFT_CAP        1: scores become soft_cap * tanh(score / soft_cap)

typedef struct QueryTile {
  int query_start;     // row of the sequence's first query
  int query_count;
  int key_start;       // row of its first own key
  int prefix_count;    // prefix rows that it sees
  int first_position;  // position of its first query
  int first_row;       // packed row at which the tile begins
} QueryTile;

typedef struct KeyTile {
  int key_row;
  int key_count;
  int slot;        // -1: write the keys' own rows; else write this slot of the partial sums
  int span_begin;  // spans of queries that see this tile
  int span_end;
} KeyTile;

typedef struct Span {
  int query_start;
  int query_count;
  int first_position;
  int shift;  // position of a key = its row + shift
} Span;

DEVICE int smaller(int a, int b) { return a < b ? a : b; }
DEVICE int larger(int a, int b) { return a > b ? a : b; }

DEVICE int key_row(QueryTile tile, int position) {
  return position < tile.prefix_count ? position : tile.key_start + position - tile.prefix_count;
}

DEVICE int packed_row(int query_start, int packed, int group, int query_heads, int head) {
  return (query_start + packed / group) * query_heads + head * group + packed % group;
}

#ifndef CPU_DEVICE

DEVICE float cap(float score, float soft_cap) {
  return SOFT_CAP ? soft_cap * TANH(score / soft_cap) : score;
}

// Returns a pair's probability. Replaces d_output . value in `d_score` by the score gradient.
DEVICE float score_gradient(int seen, float sum, float log_sum_exp, float delta, float scale,
                            float soft_cap, float *d_score) {
  const float s = cap(scale * sum, soft_cap);
  const float p = seen ? EXP(s - log_sum_exp) : 0.0f;
  float d = p * (*d_score - delta);
  if (SOFT_CAP) d *= 1.0f - (s / soft_cap) * (s / soft_cap);
  *d_score = seen ? d : 0.0f;
  return p;
}

#if !TENSOR_CORES

// One work-group of SIDE x SIDE lanes per tile. Lane (y, x) holds the sums of own rows y * PER_LANE
// ... and streamed rows x, x + SIDE, ..., and the accumulated elements x, x + SIDE, ... of the same
// own rows. Adjacent lanes store adjacent rows of weights: their quads are in different banks.
#define LANES 256
#define SIDE 16
#define PER_LANE (TILE / SIDE)
#define COLUMNS ((HEAD_DIMENSION + SIDE - 1) / SIDE)
#define PITCH (TILE + 4)
#ifndef CHUNK
#define CHUNK 16
#endif
#define SCORE_STAGING (2 * CHUNK * PITCH)
#define ACCUMULATE_STAGING (CHUNK * HEAD_DIMENSION + SIDE)
#define STAGING (SCORE_STAGING > ACCUMULATE_STAGING ? SCORE_STAGING : ACCUMULATE_STAGING)

// chunk[d][column] = matrix[rows[row]][first + d] for CHUNK elements d. The column is the row or,
// if interleaved, PER_LANE * (row % SIDE) + row / SIDE: the rows of one lane are then adjacent.
DEVICE void load_chunk(const GLOBAL float *matrix, const LOCAL_ARG int *rows, int interleaved,
                       int first, LOCAL_ARG float *chunk) {
  const int lane = LOCAL_ID;
  for (int e = lane; e < TILE * CHUNK; e += LANES) {
    const int column = e / CHUNK;
    const int row = rows[interleaved ? column % PER_LANE * SIDE + column / PER_LANE : column];
    const int d = first + e % CHUNK;
    chunk[e % CHUNK * PITCH + column] =
        row >= 0 && d < HEAD_DIMENSION ? matrix[(OFFSET)row * HEAD_DIMENSION + d] : 0.0f;
  }
}

DEVICE void clear_sums(float sums[PER_LANE][PER_LANE]) {
#pragma unroll
  for (int i = 0; i < PER_LANE; i++)
#pragma unroll
    for (int j = 0; j < PER_LANE; j++) sums[i][j] = 0.0f;
}

DEVICE void clear_accumulated(float accumulated[PER_LANE][COLUMNS]) {
#pragma unroll
  for (int i = 0; i < PER_LANE; i++)
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) accumulated[i][c] = 0.0f;
}

// sums[i][j] = sum_d own[y * PER_LANE + i][d] * streamed[x + j * SIDE][d]. Ends with a barrier.
DEVICE void multiply_tiles(const GLOBAL float *own, const LOCAL_ARG int *own_rows,
                           const GLOBAL float *streamed, const LOCAL_ARG int *streamed_rows,
                           LOCAL_ARG float *staging, float sums[PER_LANE][PER_LANE]) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
  LOCAL_ARG float *left = staging;
  LOCAL_ARG float *right = staging + CHUNK * PITCH;
  clear_sums(sums);
  for (int first = 0; first < HEAD_DIMENSION; first += CHUNK) {
    load_chunk(own, own_rows, 0, first, left);
    load_chunk(streamed, streamed_rows, 1, first, right);
    BARRIER();
    for (int d = 0; d < CHUNK; d++) {
      const LOCAL_ARG float *own_part = left + d * PITCH + y * PER_LANE;
      const LOCAL_ARG float *streamed_part = right + d * PITCH + x * PER_LANE;
#pragma unroll
      for (int i = 0; i < PER_LANE; i++)
#pragma unroll
        for (int j = 0; j < PER_LANE; j++)
          sums[i][j] = FMA(own_part[i], streamed_part[j], sums[i][j]);
    }
    BARRIER();
  }
}

// weights[x + j * SIDE][y * PER_LANE + i] = numbers[i][j]
DEVICE void store_weights(float values[PER_LANE][PER_LANE], LOCAL_ARG float *weights) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
#pragma unroll
  for (int j = 0; j < PER_LANE; j++) {
    LOCAL_ARG float *to = weights + (x + j * SIDE) * PITCH + y * PER_LANE;
#if TILE == 64
    *(LOCAL_ARG float4 *)to =
        make_float4(values[0][j], values[1][j], values[2][j], values[3][j]);
#else
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) to[i] = values[i][j];
#endif
  }
}

// accumulated[i][c] += sum_b weights[b][y * PER_LANE + i] * streamed[b][x + c * SIDE]. Weights may
// have been written since the last barrier: one comes before they are read. Ends with a barrier.
DEVICE void accumulate(const LOCAL_ARG float *weights, const GLOBAL float *streamed,
                   const LOCAL_ARG int *streamed_rows, LOCAL_ARG float *staging,
                   float accumulated[PER_LANE][COLUMNS]) {
  const int lane = LOCAL_ID;
  const int y = lane / SIDE, x = lane % SIDE;
  for (int first = 0; first < TILE; first += CHUNK) {
    for (int e = lane; e < CHUNK * HEAD_DIMENSION; e += LANES) {
      const int row = streamed_rows[first + e / HEAD_DIMENSION];
      staging[e] = row >= 0 ? streamed[(OFFSET)row * HEAD_DIMENSION + e % HEAD_DIMENSION] : 0.0f;
    }
    BARRIER();
    for (int b = 0; b < CHUNK; b++) {
      const LOCAL_ARG float *part = weights + (first + b) * PITCH + y * PER_LANE;
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) {
        const float value = staging[b * HEAD_DIMENSION + x + c * SIDE];
#pragma unroll
        for (int i = 0; i < PER_LANE; i++)
          accumulated[i][c] = FMA(part[i], value, accumulated[i][c]);
      }
    }
    BARRIER();
  }
}

// target[rows[y * PER_LANE + i]][x + c * SIDE] = factor * accumulated[i][c]
DEVICE void store_accumulated(float accumulated[PER_LANE][COLUMNS], const LOCAL_ARG int *rows,
                           float factor, GLOBAL float *target) {
  const int y = LOCAL_ID / SIDE, x = LOCAL_ID % SIDE;
#pragma unroll
  for (int i = 0; i < PER_LANE; i++) {
    const int row = rows[y * PER_LANE + i];
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
      if (row >= 0 && x + c * SIDE < HEAD_DIMENSION)
        target[(OFFSET)row * HEAD_DIMENSION + x + c * SIDE] = factor * accumulated[i][c];
  }
}

#endif

#endif
