// Matrix multiplications of attention tiles in f32 on AVX-512.
//
// All operands of a tile stay in L2, so nothing is packed; only keys (or values) that are reduced
// over the head dimension are transposed first. Register tiles have 6 rows by 64 columns. A
// register tile skips keys that none of its rows sees, so the causal mask costs almost nothing.
#include "attention_rows.h"
#include "matmul_tiles.h"

#if MATMUL_HAS_X86

#define INLINE TARGET_AVX512 static inline __attribute__((always_inline))

enum { VECTOR = 16, BLOCK_ROWS = TILE_ROWS, BLOCK_VECTORS = TILE_VECTORS };

/// A range of the K elements of a block.
typedef struct KRange {
  const float *x;
  const float *right;
  ptrdiff_t count;
} KRange;

/// y [rows, columns] = x right, or += if `adds`. K element d of row r is x[r * row_step + d *
/// step], times row d of `right`.
typedef struct Block {
  KRange parts[2];
  ptrdiff_t row_step, step;
  ptrdiff_t right_stride;
  float *y;
  ptrdiff_t y_stride;
  bool adds;
} Block;

/// The first `vectors` vectors of a block's columns; the last one is masked.
INLINE void multiply_block(const int rows, const int vectors, const Block *block,
                           const __mmask16 last) {
  __m512 sums[BLOCK_ROWS][BLOCK_VECTORS];
  const __mmask16 all = 0xffff;
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  for (int part = 0; part < 2; part++) {
    const float *x = block->parts[part].x;
    const float *right = block->parts[part].right;
    for (ptrdiff_t d = block->parts[part].count; d > 0; d--) {
      __m512 values[BLOCK_VECTORS];
      for (int c = 0; c < vectors; c++)
        values[c] = _mm512_maskz_loadu_ps(c == vectors - 1 ? last : all, right + VECTOR * c);
      for (int r = 0; r < rows; r++) {
        const __m512 factor = _mm512_set1_ps(x[r * block->row_step]);
        for (int c = 0; c < vectors; c++)
          sums[r][c] = _mm512_fmadd_ps(factor, values[c], sums[r][c]);
      }
      x += block->step;
      right += block->right_stride;
    }
  }
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) {
      float *y = block->y + r * block->y_stride + VECTOR * c;
      const __mmask16 lanes = c == vectors - 1 ? last : all;
      if (block->adds) sums[r][c] = _mm512_add_ps(sums[r][c], _mm512_maskz_loadu_ps(lanes, y));
      _mm512_mask_storeu_ps(y, lanes, sums[r][c]);
    }
}

INLINE void multiply_vectors(const int rows, const int vectors, const Block *block,
                             const __mmask16 last) {
  switch (vectors) {
    case 1: multiply_block(rows, 1, block, last); break;
    case 2: multiply_block(rows, 2, block, last); break;
    case 3: multiply_block(rows, 3, block, last); break;
    default: multiply_block(rows, 4, block, last); break;
  }
}

/// All columns of a block of at most BLOCK_ROWS rows.
TARGET_AVX512 static void multiply_columns(Block block, int rows, ptrdiff_t columns) {
  for (ptrdiff_t column = 0; column < columns; column += BLOCK_VECTORS * VECTOR) {
    const ptrdiff_t left = columns - column;
    const ptrdiff_t whole = (left + VECTOR - 1) / VECTOR;
    const int vectors = whole < BLOCK_VECTORS ? (int)whole : BLOCK_VECTORS;
    const __mmask16 last = (__mmask16)lanes_below(left - VECTOR * (vectors - 1), VECTOR);
    switch (rows) {
      case 1: multiply_vectors(1, vectors, &block, last); break;
      case 2: multiply_vectors(2, vectors, &block, last); break;
      case 3: multiply_vectors(3, vectors, &block, last); break;
      case 4: multiply_vectors(4, vectors, &block, last); break;
      case 5: multiply_vectors(5, vectors, &block, last); break;
      default: multiply_vectors(6, vectors, &block, last); break;
    }
    // A part without summands may have no address to move on.
    for (int part = 0; part < 2; part++)
      if (block.parts[part].count > 0) block.parts[part].right += BLOCK_VECTORS * VECTOR;
    block.y += BLOCK_VECTORS * VECTOR;
  }
}

/// Transposes `count` rows with row stride `stride`.
TARGET_AVX512 static void transpose_rows(ptrdiff_t count, ptrdiff_t width, const float *keys,
                                    ptrdiff_t stride, float *transposed, ptrdiff_t pitch) {
  for (ptrdiff_t k = 0; k < count; k += VECTOR) {
    const __mmask16 columns = (__mmask16)lanes_below(count - k, VECTOR);
    for (ptrdiff_t d = 0; d < width; d += VECTOR) {
      const __mmask16 lanes = (__mmask16)lanes_below(width - d, VECTOR);
      __m512 block[VECTOR];
      for (int i = 0; i < VECTOR; i++)
        block[i] = _mm512_maskz_loadu_ps(k + i < count ? lanes : 0, keys + (k + i) * stride + d);
      transpose(block);
      for (int i = 0; i < VECTOR; i++)
        if (d + i < width)
          _mm512_mask_storeu_ps(transposed + (d + i) * pitch + k, columns, block[i]);
    }
  }
}

void attention_transpose(ScoreTile tile, KeyRows keys, ptrdiff_t width, float *transposed) {
  transpose_rows(keys.prefix_count, width, keys.prefix, keys.stride, transposed, tile.pitch);
  transpose_rows(tile.keys - keys.prefix_count, width, keys.own, keys.stride,
            transposed + keys.prefix_count, tile.pitch);
}

/// The keys that some row of begin ..< end sees.
static Visible block_keys(PackedRows rows, ScoreTile tile, ptrdiff_t begin,
                          ptrdiff_t end) {
  return (Visible){visible_keys(rows, tile, begin).begin, visible_keys(rows, tile, end - 1).end};
}

void attention_scores(PackedRows rows, ScoreTile tile, const float *x,
                      const float *transposed, float *scores) {
  const ptrdiff_t blocks = (rows.count + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t first = i * rows.count / blocks;
    const ptrdiff_t end = (i + 1) * rows.count / blocks;
    const Visible seen = block_keys(rows, tile, first, end);
    const ptrdiff_t column = seen.begin & ~(ptrdiff_t)(VECTOR - 1);
    const Block block = {
        .parts = {{x + first * rows.width, transposed + column, rows.width}},
        .row_step = rows.width,
        .step = 1,
        .right_stride = tile.pitch,
        .y = scores + first * tile.pitch + column,
        .y_stride = tile.pitch,
    };
    multiply_columns(block, (int)(end - first), seen.end - column);
  }
}

void attention_accumulate(PackedRows rows, ScoreTile tile, const float *scores,
                      KeyRows values, float *y) {
  const ptrdiff_t blocks = (rows.count + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t first = i * rows.count / blocks;
    const ptrdiff_t end = (i + 1) * rows.count / blocks;
    const Visible seen = block_keys(rows, tile, first, end);
    if (seen.begin == seen.end) continue;
    const ptrdiff_t shared = seen.end < values.prefix_count ? seen.end : values.prefix_count;
    const ptrdiff_t own = seen.begin > values.prefix_count ? seen.begin : values.prefix_count;
    const float *x = scores + first * tile.pitch;
    const Block block = {
        .parts = {{x + seen.begin, values.prefix + seen.begin * values.stride,
                   shared - seen.begin},
                  {x + own, values.own + (own - values.prefix_count) * values.stride,
                   seen.end - own}},
        .row_step = tile.pitch,
        .step = 1,
        .right_stride = values.stride,
        .y = y + first * rows.width,
        .y_stride = rows.width,
        .adds = true,
    };
    multiply_columns(block, (int)(end - first), rows.width);
  }
}

/// The first row of a tile with a position of at least `position`, or the row count.
static ptrdiff_t first_row_at(PackedRows rows, ptrdiff_t position) {
  const ptrdiff_t row = (position - rows.first_position) * rows.group - rows.first;
  return row < 0 ? 0 : row > rows.count ? rows.count : row;
}

void attention_scatter(PackedRows rows, ScoreTile tile, ptrdiff_t begin,
                       ptrdiff_t end, const float *scores, const float *x, float *to,
                       ptrdiff_t stride) {
  const ptrdiff_t keys = end - begin;
  const ptrdiff_t blocks = (keys + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t first = begin + i * keys / blocks;
    const ptrdiff_t last = begin + (i + 1) * keys / blocks - 1;
    const ptrdiff_t row = first_row_at(rows, tile.first_key + first);
    const ptrdiff_t row_end = first_row_at(rows, tile.first_key + last + rows.window);
    if (row >= row_end) continue;
    const Block block = {
        .parts = {{scores + row * tile.pitch + first, x + row * rows.width, row_end - row}},
        .row_step = 1,
        .step = tile.pitch,
        .right_stride = rows.width,
        .y = to + (first - begin) * stride,
        .y_stride = stride,
        .adds = true,
    };
    multiply_columns(block, (int)(last + 1 - first), rows.width);
  }
}

#else

void attention_transpose(ScoreTile tile, KeyRows keys, ptrdiff_t width, float *transposed) {}

void attention_scores(PackedRows rows, ScoreTile tile, const float *x,
                      const float *transposed, float *scores) {}

void attention_accumulate(PackedRows rows, ScoreTile tile, const float *scores,
                      KeyRows values, float *y) {}

void attention_scatter(PackedRows rows, ScoreTile tile, ptrdiff_t begin,
                       ptrdiff_t end, const float *scores, const float *x, float *to,
                       ptrdiff_t stride) {}

#endif
