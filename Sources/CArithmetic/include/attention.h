// Attention by tiles, the pieces between the matrix products; formulas in
// Kernels/attention_forward.cl, attention_query_gradient.cl and attention_key_value_gradient.cl.
#pragma once
#include <stddef.h>

/// A tile of packed query rows of one sequence and one key/value head: packed row r is query r /
/// group and head first_head + r % group. Tile buffers hold `count` rows one after another.
typedef struct PackedRows {
  ptrdiff_t first;           // packed row of the sequence at which the tile begins
  ptrdiff_t count;           // rows of the tile
  ptrdiff_t group;           // query heads that share a key/value head
  ptrdiff_t query_start;     // row of the sequence's first query
  ptrdiff_t query_heads;     // H
  ptrdiff_t first_head;      // first query head of the group
  ptrdiff_t width;           // D
  ptrdiff_t first_position;  // position of the sequence's first query
  ptrdiff_t window;          // a query sees positions that are less than this far back
} PackedRows;

/// A tile of scores [count, pitch]: `keys` of them a row, the first at position `first_key`.
typedef struct ScoreTile {
  ptrdiff_t first_key;
  ptrdiff_t keys;
  ptrdiff_t pitch;
  float soft_cap;  // scores become soft_cap * tanh(score / soft_cap); 0 leaves them
} ScoreTile;

/// Keys, or values, of a tile: those of the prefix, then the sequence's own. `stride` floats from one to the next.
typedef struct KeyRows {
  const float *_Nonnull prefix;  // the tile's first
  ptrdiff_t prefix_count;        // those that are the prefix's
  const float *_Nonnull own;     // the tile's first that is not
  ptrdiff_t stride;
} KeyRows;

/// to[r] = factor * from[row, head] for every row of the tile; `from` is [*, H, D].
void attention_pack(PackedRows rows, const float *_Nonnull from, float factor,
                    float *_Nonnull to);

/// to[row, head] = factor * from[r] for every row of the tile; `to` is [*, H, D].
void attention_unpack(PackedRows rows, const float *_Nonnull from, float factor,
                      float *_Nonnull to);

/// Takes a tile of scores into the running softmax of its rows: scores become exp(score - maximum)
/// (0 where masked), and maximum, sum and accumulated [count, D] are brought to the new maximum.
void attention_softmax(PackedRows rows, ScoreTile tile,
                       float *_Nonnull scores, float *_Nonnull maximum, float *_Nonnull sum,
                       float *_Nonnull accumulated);

/// output[row, head] = accumulated[r] / sum[r] and log_sum_exp[row, head] = maximum[r] + log
/// sum[r]; 0 and a large negative number where a row saw no key.
void attention_finish(PackedRows rows, const float *_Nonnull maximum,
                      const float *_Nonnull sum, const float *_Nonnull accumulated,
                      float *_Nonnull output, float *_Nonnull log_sum_exp);

/// delta[r] = sum over D of d_output[r] * output[row, head], where d_output is a tile's and output
/// is [*, H, D].
void attention_delta(PackedRows rows, const float *_Nonnull d_output,
                     const float *_Nonnull output, float *_Nonnull delta);

/// Scores become probabilities exp(score - log_sum_exp[row, head]), and `d_scores`, which holds the
/// gradient with respect to the probabilities, becomes that with respect to the scores; both 0
/// where masked.
void attention_score_gradient(PackedRows rows, ScoreTile tile,
                              const float *_Nonnull log_sum_exp, const float *_Nonnull delta,
                              float *_Nonnull scores, float *_Nonnull d_scores);

/// to[i] += from[i] for i below `count`.
void attention_add(ptrdiff_t count, const float *_Nonnull from, float *_Nonnull to);

// The products of a tile, where `product_has_tiles`. Scores that are read must be 0 where a row does not see a key; what is
// written there has no meaning.

/// turned[d, k] = element d of key k; rows of `turned` [width, pitch] as those of scores.
void attention_turn(ScoreTile tile, KeyRows keys, ptrdiff_t width,
                    float *_Nonnull turned);

/// scores[r, k] = the sum over D of x[r] [count, D] and turned[:, k], for all keys that r sees.
void attention_scores(PackedRows rows, ScoreTile tile,
                      const float *_Nonnull x, const float *_Nonnull turned,
                      float *_Nonnull scores);

/// y[r] += the sum over keys of scores[r, k] * values[k]; y is [count, D].
void attention_gather(PackedRows rows, ScoreTile tile,
                      const float *_Nonnull scores, KeyRows values, float *_Nonnull y);

/// to[k - begin] += the sum over rows of scores[r, k] * x[r], for keys begin ..< end of the tile; x is [count, D].
void attention_scatter(PackedRows rows, ScoreTile tile,
                       ptrdiff_t begin, ptrdiff_t end, const float *_Nonnull scores,
                       const float *_Nonnull x, float *_Nonnull to, ptrdiff_t stride);
