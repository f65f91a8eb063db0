// Template for a vector type: matrix multiplications of attention tiles in f32.
//
// All operands of a tile stay in L2, so nothing is packed; only keys (or values) that are reduced
// over the head dimension are transposed first. Register tiles are those of GEMM (matmul_tiles.h).
// A register tile skips keys that none of its rows sees, so the causal mask costs almost nothing.
#pragma once
#include "attention_rows.h"
#include "register_tile.h"

/// The pitch of scores and of transposed keys is a multiple of this.
enum { PITCH_MULTIPLE = 16 };

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

/// The first `vectors` vectors of a block's columns; the last one has `last` columns, fewer than a
/// vector's lanes unless `whole`.
INLINE void multiply_block(const int rows, const int vectors, const bool whole,
                           const Block *block, ptrdiff_t last) {
  Vector sums[TILE_ROWS][TILE_VECTORS];
  const Lanes lanes = first_lanes(last);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) sums[r][c] = vector_zero();
#pragma clang loop unroll(disable)
  for (int part = 0; part < 2; part++) {
    const float *x = block->parts[part].x;
    const float *right = block->parts[part].right;
    for (ptrdiff_t d = block->parts[part].count; d > 0; d--) {
      Vector values[TILE_VECTORS];
      for (int c = 0; c < vectors; c++)
        values[c] = whole || c < vectors - 1 ? vector_load(right + VECTOR * c)
                                             : vector_load_lanes(lanes, right + VECTOR * c);
      for (int r = 0; r < rows; r++) {
        if (r == TILE_ROWS / 2) keep_loads_behind();
        const Vector factor = vector_of(x[r * block->row_step]);
        for (int c = 0; c < vectors; c++)
          sums[r][c] = vector_multiply_add(factor, values[c], sums[r][c]);
      }
      x += block->step;
      right += block->right_stride;
    }
  }
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < vectors; c++) {
      float *y = block->y + r * block->y_stride + VECTOR * c;
      if (whole || c < vectors - 1) {
        if (block->adds) sums[r][c] = vector_add(sums[r][c], vector_load(y));
        vector_store(y, sums[r][c]);
      } else {
        if (block->adds) sums[r][c] = vector_add(sums[r][c], vector_load_lanes(lanes, y));
        vector_store_lanes(y, lanes, sums[r][c]);
      }
    }
}

/// Up to a tile's columns.
INLINE void multiply_tile(const int rows, const Block *block, ptrdiff_t columns) {
  if (columns >= TILE_COLUMNS) return multiply_block(rows, TILE_VECTORS, true, block, VECTOR);
  const int vectors = (int)((columns + VECTOR - 1) / VECTOR);
  const ptrdiff_t last = columns - VECTOR * (vectors - 1);
  switch (vectors) {
    case 1: multiply_block(rows, 1, false, block, last); break;
    case 2: multiply_block(rows, 2, false, block, last); break;
    case 3:
      if (TILE_VECTORS > 2) multiply_block(rows, 3, false, block, last);
      break;
    default:
      if (TILE_VECTORS > 3) multiply_block(rows, 4, false, block, last);
      break;
  }
}

/// All columns of a block of at most TILE_ROWS rows.
VECTOR_TARGET static void multiply_columns(Block block, int rows, ptrdiff_t columns) {
  for (ptrdiff_t column = 0; column < columns; column += TILE_COLUMNS) {
    switch (rows) {
      case 1: multiply_tile(1, &block, columns - column); break;
      case 2: multiply_tile(2, &block, columns - column); break;
      case 3: multiply_tile(3, &block, columns - column); break;
      case 4: multiply_tile(4, &block, columns - column); break;
      case 5: multiply_tile(5, &block, columns - column); break;
      default: multiply_tile(6, &block, columns - column); break;
    }
    // A part without K elements may have no address to advance.
    for (int part = 0; part < 2; part++)
      if (block.parts[part].count > 0) block.parts[part].right += TILE_COLUMNS;
    block.y += TILE_COLUMNS;
  }
}

/// Transposes `count` rows with row stride `stride`.
VECTOR_TARGET static void transpose_rows(ptrdiff_t count, ptrdiff_t width, const float *keys,
                                         ptrdiff_t stride, float *transposed, ptrdiff_t pitch) {
  for (ptrdiff_t k = 0; k < count; k += VECTOR)
    for (ptrdiff_t d = 0; d < width; d += VECTOR) {
      const float *from = keys + k * stride + d;
      float *to = transposed + d * pitch + k;
      Vector block[VECTOR];
      if (k + VECTOR <= count && d + VECTOR <= width) {
        for (int i = 0; i < VECTOR; i++) block[i] = vector_load(from + i * stride);
        transpose(block);
        for (int i = 0; i < VECTOR; i++) vector_store(to + i * pitch, block[i]);
      } else {
        const Lanes rows = first_lanes(count - k), columns = first_lanes(width - d);
        for (int i = 0; i < VECTOR; i++)
          block[i] = k + i < count ? vector_load_lanes(columns, from + i * stride) : vector_zero();
        transpose(block);
        for (int i = 0; i < VECTOR && d + i < width; i++)
          vector_store_lanes(to + i * pitch, rows, block[i]);
      }
    }
}

static void attend_transpose(ScoreTile tile, KeyRows keys, ptrdiff_t width, float *transposed) {
  transpose_rows(keys.prefix_count, width, keys.prefix, keys.stride, transposed, tile.pitch);
  transpose_rows(tile.keys - keys.prefix_count, width, keys.own, keys.stride,
                 transposed + keys.prefix_count, tile.pitch);
}

/// The keys that some row of begin ..< end sees.
static Visible block_keys(PackedRows rows, ScoreTile tile, ptrdiff_t begin,
                          ptrdiff_t end) {
  return (Visible){visible_keys(rows, tile, begin).begin, visible_keys(rows, tile, end - 1).end};
}

static void attend_scores(PackedRows rows, ScoreTile tile, const float *x,
                      const float *transposed, float *scores) {
  const ptrdiff_t blocks = (rows.count + TILE_ROWS - 1) / TILE_ROWS;
  for (ptrdiff_t i = 0; i < blocks; i++) {
    const ptrdiff_t first = i * rows.count / blocks;
    const ptrdiff_t end = (i + 1) * rows.count / blocks;
    const Visible seen = block_keys(rows, tile, first, end);
    // Whole vectors: what lies between the keys and the pitch is computed too, and never read.
    const ptrdiff_t column = seen.begin & ~(ptrdiff_t)(PITCH_MULTIPLE - 1);
    const ptrdiff_t column_end = (seen.end + PITCH_MULTIPLE - 1) & ~(ptrdiff_t)(PITCH_MULTIPLE - 1);
    const Block block = {
        .parts = {{x + first * rows.width, transposed + column, rows.width}},
        .row_step = rows.width,
        .step = 1,
        .right_stride = tile.pitch,
        .y = scores + first * tile.pitch + column,
        .y_stride = tile.pitch,
    };
    multiply_columns(block, (int)(end - first), column_end - column);
  }
}

static void attend_accumulate(PackedRows rows, ScoreTile tile, const float *scores,
                      KeyRows values, float *y) {
  const ptrdiff_t blocks = (rows.count + TILE_ROWS - 1) / TILE_ROWS;
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

static void attend_scatter(PackedRows rows, ScoreTile tile, ptrdiff_t begin,
                       ptrdiff_t end, const float *scores, const float *x, float *to,
                       ptrdiff_t stride) {
  const ptrdiff_t keys = end - begin;
  const ptrdiff_t blocks = (keys + TILE_ROWS - 1) / TILE_ROWS;
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
