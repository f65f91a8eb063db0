// Attention by tiles: a sequence behind a prefix, tiles of queries and of keys, forward and backward.
#include "guarded.h"

#include <float.h>

/// The products of a tile of scores, in scalar arithmetic, of a key that a row sees.
static double score(PackedRows rows, KeyRows keys, const float *x, ptrdiff_t r, ptrdiff_t k) {
  const float *key = k < keys.prefix_count ? keys.prefix + k * keys.stride
                                           : keys.own + (k - keys.prefix_count) * keys.stride;
  double sum = 0;
  for (ptrdiff_t d = 0; d < rows.width; d++) sum += (double)x[r * rows.width + d] * (double)key[d];
  return sum;
}

/// Checks one score that the row sees.
static void check_score(PackedRows rows, ScoreTile tile, KeyRows keys, const float *x,
                        const float *scores) {
  const ptrdiff_t r = pick(0, rows.count - 1);
  const ptrdiff_t position = rows.first_position + (rows.first + r) / rows.group;
  const ptrdiff_t k = position - tile.first_key;
  if (k < 0 || k >= tile.keys) return;
  expect_near("attention_scores", (double)scores[r * tile.pitch + k], score(rows, keys, x, r, k),
              4.0 * (double)rows.width);
}

static void attend(int instructions) {
  const bool has_tiles = instructions != INSTRUCTIONS_GENERIC;
  const ptrdiff_t group = pick(1, 3), groups = pick(1, 2), width = pick_size(1, 130);
  const ptrdiff_t heads = group * groups, head = pick(0, groups - 1);
  const ptrdiff_t prefix = pick(0, 40), own = pick(1, 40), positions = prefix + own;
  // Keys lie in a buffer [prefix + own, G, D]; the sequence's own begin behind the prefix's.
  const ptrdiff_t stride = groups * width;
  const float *key_buffer = constant(floats(positions * stride));
  const PackedRows rows = {
      .first = pick(0, own * group - 1),
      .group = group,
      .query_start = 0,
      .query_heads = heads,
      .first_head = head * group,
      .width = width,
      .first_position = prefix,
      .window = pick(0, 1) ? pick(1, positions) : positions,
  };
  PackedRows tile_rows = rows;
  tile_rows.count = pick(1, own * group - rows.first);
  const ptrdiff_t count = tile_rows.count;
  // Keys from the first that a row may see to the last, or a part of them.
  const ptrdiff_t last = prefix + (rows.first + count - 1) / group;
  const ptrdiff_t first_key = pick(0, last), key_count = pick(1, last + 1 - first_key);
  const ScoreTile tile = {first_key, key_count, (key_count + 15) / 16 * 16,
                          pick(0, 1) ? 30.0f : 0, instructions};
  const ptrdiff_t shared = first_key < prefix ? first_key + key_count < prefix
                                                    ? key_count
                                                    : prefix - first_key
                                              : 0;
  const ptrdiff_t own_first = first_key > prefix ? first_key : prefix;
  const float *base = key_buffer + head * width;
  const KeyRows keys = {base + (first_key < prefix ? first_key : prefix) * stride, shared,
                        base + (own_first < positions ? own_first : positions - 1) * stride,
                        stride};

  const float *query = constant(floats(own * heads * width));
  float *packed = floats(count * width), *scores = floats(count * tile.pitch);
  float *gradients = floats(count * tile.pitch), *accumulated = floats(count * width);
  float *maximum = floats(count), *sum = fractions(count), *delta = floats(count);
  float *output = floats(own * heads * width), *log_sums = floats(own * heads);
  for (ptrdiff_t r = 0; r < count; r++) maximum[r] = -FLT_MAX;
  attention_pack(tile_rows, query, 0.5f, packed);
  calls++;
  if (has_tiles) {
    float *transposed = floats(width * tile.pitch);
    attention_transpose(tile, keys, width, transposed);
    attention_scores(tile_rows, tile, packed, transposed, scores);
    attention_scores(tile_rows, tile, packed, transposed, gradients);
    check_score(tile_rows, tile, keys, packed, scores);
    calls += 3;
  }
  attention_softmax(tile_rows, tile, scores, maximum, sum, accumulated);
  if (has_tiles) attention_accumulate(tile_rows, tile, scores, keys, accumulated);
  attention_finish(tile_rows, maximum, sum, accumulated, output, log_sums);
  attention_delta(tile_rows, packed, output, delta);
  attention_score_gradient(tile_rows, tile, log_sums, delta, scores, gradients);
  if (has_tiles) {
    // Keys of the prefix and own keys are separate runs.
    const ptrdiff_t begin = shared && shared < key_count && pick(0, 1) ? shared : 0;
    const ptrdiff_t end = begin == 0 && shared ? shared : key_count;
    attention_scatter(tile_rows, tile, begin, end, gradients, packed,
                      floats((end - begin - 1) * stride + width), stride);
  }
  attention_unpack(tile_rows, accumulated, 0.5f, output);
  attention_add(count * width, packed, accumulated);
  const ptrdiff_t own_keys = pick_size(1, 300);
  attention_weights(count, own_keys, constant(floats(count)), floats(count * own_keys),
                    floats(count), floats(own_keys));
  calls += 9;
  release_buffers();
}

void attention_operations(void) {
  for (int instructions = INSTRUCTIONS_GENERIC; instructions <= INSTRUCTIONS_AVX512; instructions++)
    if (processor_supports(instructions)) attend(instructions);
}
