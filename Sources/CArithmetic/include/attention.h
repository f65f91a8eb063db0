// Attention by tiles: softmax, gradients and matrix multiplications of a tile; formulas in
// Kernels/attention_forward.cl, attention_query_gradient.cl and attention_key_value_gradient.cl.
#pragma once
#include <stddef.h>

/// A tile of packed query rows of one sequence and one key/value head: packed row r is query r /
/// group of head first_head + r % group. Tile buffers hold `count` contiguous rows.
typedef struct PackedRows {
  ptrdiff_t first;           // packed row of the sequence at which the tile begins
  ptrdiff_t count;           // rows of the tile
  ptrdiff_t group;           // query heads that share a key/value head
  ptrdiff_t query_start;     // row of the sequence's first query
  ptrdiff_t query_heads;     // H
  ptrdiff_t first_head;      // first query head of the group
  ptrdiff_t width;           // D
  ptrdiff_t first_position;  // position of the sequence's first query
  ptrdiff_t window;          // a query sees positions less than this far back
} PackedRows;

/// A tile of scores [count, pitch]: `keys` scores per row, the first for the key at position
/// `first_key`. The pitch is a multiple of 16.
typedef struct ScoreTile {
  ptrdiff_t first_key;
  ptrdiff_t keys;
  ptrdiff_t pitch;
  float soft_cap;    // scores become soft_cap * tanh(score / soft_cap); 0 for no cap
  int instructions;  // of the register tiles: INSTRUCTIONS_AVX2 or INSTRUCTIONS_AVX512
} ScoreTile;

/// Keys, or values, of a tile: rows of the prefix, then the sequence's own rows.
typedef struct KeyRows {
  const float *_Nonnull prefix;  // first prefix row of the tile
  ptrdiff_t prefix_count;        // prefix rows of the tile
  const float *_Nonnull own;     // first own row of the tile
  ptrdiff_t stride;              // floats from row to row
} KeyRows;

/// to[r] = factor * from[row, head] for every row of the tile; `from` is [*, H, D].
void attention_pack(PackedRows rows, const float *_Nonnull from, float factor,
                    float *_Nonnull to);

/// to[row, head] = factor * from[r] for every row of the tile; `to` is [*, H, D].
void attention_unpack(PackedRows rows, const float *_Nonnull from, float factor,
                      float *_Nonnull to);

/// Online softmax over a tile of scores: scores become exp(score - maximum), 0 if masked; maximum
/// and sum are updated, and accumulated [count, D] is rescaled to the new maximum.
void attention_softmax(PackedRows rows, ScoreTile tile,
                       float *_Nonnull scores, float *_Nonnull maximum, float *_Nonnull sum,
                       float *_Nonnull accumulated);

/// output[row, head] = accumulated[r] / sum[r] and log_sum_exp[row, head] = maximum[r] + log
/// sum[r]; 0 and a large negative number for a row that sees no key.
void attention_finish(PackedRows rows, const float *_Nonnull maximum,
                      const float *_Nonnull sum, const float *_Nonnull accumulated,
                      float *_Nonnull output, float *_Nonnull log_sum_exp);

/// delta[r] = sum over D of d_output[r] * output[row, head]; d_output is a tile, output is [*, H,
/// D].
void attention_delta(PackedRows rows, const float *_Nonnull d_output,
                     const float *_Nonnull output, float *_Nonnull delta);

/// Scores become probabilities exp(score - log_sum_exp[row, head]). `d_scores` holds the gradient
/// with respect to the probabilities on entry and with respect to the scores on exit. Both are 0 if
/// masked.
void attention_score_gradient(PackedRows rows, ScoreTile tile,
                              const float *_Nonnull log_sum_exp, const float *_Nonnull delta,
                              float *_Nonnull scores, float *_Nonnull d_scores);

/// to[i] += from[i] for i below `count`.
void attention_add(ptrdiff_t count, const float *_Nonnull from, float *_Nonnull to);

// Matrix multiplications of a tile with its `instructions`. Scores that are read must be 0 for keys
// that a row does not see; scores written for such keys are undefined.

/// transposed[d, k] = element d of key k; `transposed` [width, pitch] has the pitch of scores.
void attention_transpose(ScoreTile tile, KeyRows keys, ptrdiff_t width,
                    float *_Nonnull transposed);

/// scores[r, k] = the sum over D of x[r] [count, D] and transposed[:, k], for all keys that r sees.
void attention_scores(PackedRows rows, ScoreTile tile,
                      const float *_Nonnull x, const float *_Nonnull transposed,
                      float *_Nonnull scores);

/// y[r] += the sum over keys of scores[r, k] * values[k]; y is [count, D].
void attention_accumulate(PackedRows rows, ScoreTile tile,
                      const float *_Nonnull scores, KeyRows values, float *_Nonnull y);

/// to[k - begin] += the sum over rows of scores[r, k] * x[r] (scores^T x), for keys begin ..< end
/// of the tile; x is [count, D].
void attention_scatter(PackedRows rows, ScoreTile tile,
                       ptrdiff_t begin, ptrdiff_t end, const float *_Nonnull scores,
                       const float *_Nonnull x, float *_Nonnull to, ptrdiff_t stride);
