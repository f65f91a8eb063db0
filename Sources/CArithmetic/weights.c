#include "weights.h"

#include "weight_blocks.h"
#include "weight_quantise.h"

enum { BLOCK = 512 };

INLINE float load(const char *source, int format) {
  if (format == WEIGHT_F32) {
    float value;
    memcpy(&value, source, 4);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, source, 2);
  return format == WEIGHT_BF16 ? widen_bfloat16(bits) : widen_half(bits);
}

/// Decodes `count` elements from `first` of a row. `format` is a constant of the caller.
INLINE void widen_as(const char *row, const int format, ptrdiff_t first, ptrdiff_t count,
                     float *restrict target) {
  if (format >= WEIGHT_Q8_0) {
    decode_groups((const uint8_t *)row, format, first, count, target);
    return;
  }
  const char *source = row + weight_bytes(format, first);
  if (format == WEIGHT_F32) {
    memcpy(target, source, (size_t)count * 4);
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) target[i] = load(source + 2 * i, format);
}

INLINE void widen(const char *row, int format, ptrdiff_t first, ptrdiff_t count,
                  float *restrict target) {
  switch (format) {
    case WEIGHT_F32: widen_as(row, WEIGHT_F32, first, count, target); break;
    case WEIGHT_BF16: widen_as(row, WEIGHT_BF16, first, count, target); break;
    case WEIGHT_F16: widen_as(row, WEIGHT_F16, first, count, target); break;
    case WEIGHT_Q8_0: widen_as(row, WEIGHT_Q8_0, first, count, target); break;
    case WEIGHT_Q4_0: widen_as(row, WEIGHT_Q4_0, first, count, target); break;
    case WEIGHT_Q4_1: widen_as(row, WEIGHT_Q4_1, first, count, target); break;
    case WEIGHT_Q5_0: widen_as(row, WEIGHT_Q5_0, first, count, target); break;
    case WEIGHT_Q5_1: widen_as(row, WEIGHT_Q5_1, first, count, target); break;
    case WEIGHT_Q4_K: widen_as(row, WEIGHT_Q4_K, first, count, target); break;
    case WEIGHT_Q5_K: widen_as(row, WEIGHT_Q5_K, first, count, target); break;
    default: widen_as(row, WEIGHT_Q6_K, first, count, target); break;
  }
}

WIDE void widen_weights(const void *source, int format, ptrdiff_t count, float *target) {
  widen(source, format, 0, count, target);
}

WIDE void widen_weight_rows(const void *source, int format, ptrdiff_t row_bytes, ptrdiff_t rows,
                            ptrdiff_t first, ptrdiff_t count, float *target, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < rows; row++)
    widen((const char *)source + row * row_bytes, format, first, count, target + row * stride);
}

/// Rounds to a 16-bit format. False if a finite element becomes infinite.
INLINE bool narrow(const float *source, int format, ptrdiff_t count, char *target) {
  int overflows = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint16_t bits =
        format == WEIGHT_BF16 ? narrow_bfloat16(source[i]) : narrow_half(source[i]);
    memcpy(target + i * 2, &bits, 2);
    const uint32_t infinity = format == WEIGHT_BF16 ? 0x7f80u : 0x7c00u;
    overflows |= (bits_of(source[i]) & 0x7fffffffu) < 0x7f800000u && (bits & 0x7fffu) == infinity;
  }
  return !overflows;
}

INLINE bool quantise(const float *source, int format, ptrdiff_t count, char *target) {
  bool stored = true;
  for (ptrdiff_t i = 0; i < count; i += WEIGHT_GROUP) {
    uint8_t *block = (uint8_t *)target + weight_bytes(format, i);
    stored &= format == WEIGHT_Q8_0 ? quantise_q8_0(source + i, block)
                                    : quantise_q4_0(source + i, block);
  }
  return stored;
}

WIDE static bool narrow_weights(const float *source, ptrdiff_t count, char *target, int format) {
  switch (format) {
    case WEIGHT_F32: memcpy(target, source, (size_t)count * 4); return true;
    case WEIGHT_BF16: return narrow(source, WEIGHT_BF16, count, target);
    case WEIGHT_F16: return narrow(source, WEIGHT_F16, count, target);
    case WEIGHT_Q8_0: return quantise(source, WEIGHT_Q8_0, count, target);
    default: return quantise(source, WEIGHT_Q4_0, count, target);
  }
}

bool store_weights(const void *source, int source_format, bool transposed, ptrdiff_t rows,
                   ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, void *target,
                   int target_format) {
  const char *from = source;
  char *to = target;
  const ptrdiff_t count = (end - begin) * columns;
  if (!transposed && source_format == target_format) {
    memcpy(to, from + weight_bytes(source_format, begin * columns),
           (size_t)weight_bytes(target_format, count));
    return true;
  }
  float block[BLOCK];
  bool stored = true;
  if (!transposed) {
    for (ptrdiff_t i = 0; i < count; i += BLOCK) {
      const ptrdiff_t size = count - i < BLOCK ? count - i : BLOCK;
      widen_weights(from + weight_bytes(source_format, begin * columns + i), source_format, size,
                    block);
      stored &= narrow_weights(block, size, to + weight_bytes(target_format, i), target_format);
    }
    return stored;
  }
  // Sixteen rows of the target at a time, by the elements of a block: rows of the target are
  // contiguous in each row of the source, so every cache line is used fully.
  enum { ROWS = 16, COLUMNS = BLOCK / ROWS };
  float row_major[BLOCK];
  for (ptrdiff_t row = begin; row < end; row += ROWS) {
    const ptrdiff_t height = end - row < ROWS ? end - row : ROWS;
    for (ptrdiff_t column = 0; column < columns; column += COLUMNS) {
      const ptrdiff_t width = columns - column < COLUMNS ? columns - column : COLUMNS;
      for (ptrdiff_t c = 0; c < width; c++)
        widen_weights(from + weight_bytes(source_format, (column + c) * rows + row),
                      source_format, height, block + c * ROWS);
      for (ptrdiff_t r = 0; r < height; r++)
        for (ptrdiff_t c = 0; c < width; c++) row_major[r * COLUMNS + c] = block[c * ROWS + r];
      for (ptrdiff_t r = 0; r < height; r++)
        stored &= narrow_weights(row_major + r * COLUMNS, width,
                                 to + weight_bytes(target_format,
                                                   (row - begin + r) * columns + column),
                                 target_format);
    }
  }
  return stored;
}

WIDE void gather_weights(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *table,
                         int format, const int *rows, float scale, float *target) {
  for (ptrdiff_t i = begin; i < end; i++) {
    float *restrict to = target + i * width;
    widen((const char *)table + weight_bytes(format, rows[i] * width), format, 0, width, to);
    if (scale != 1)
      for (ptrdiff_t e = 0; e < width; e++) to[e] *= scale;
  }
}
