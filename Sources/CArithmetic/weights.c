#include "weights.h"

#include "half.h"

enum { BLOCK = 256 };

INLINE ptrdiff_t bytes_of(int type) { return type == WEIGHT_F32 ? 4 : 2; }

INLINE float load(const char *source, int type) {
  if (type == WEIGHT_F32) {
    float value;
    memcpy(&value, source, 4);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, source, 2);
  return type == WEIGHT_BF16 ? widen_bfloat16(bits) : widen_half(bits);
}

/// Widens `count` elements with stride `stride`.
INLINE void widen(const char *source, int type, ptrdiff_t stride, ptrdiff_t count, float *target) {
  const ptrdiff_t step = stride * bytes_of(type);
  for (ptrdiff_t i = 0; i < count; i++) target[i] = load(source + i * step, type);
}

INLINE void narrow(const float *source, int type, ptrdiff_t count, char *target) {
  if (type == WEIGHT_F32) {
    memcpy(target, source, (size_t)count * 4);
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint16_t bits =
        type == WEIGHT_BF16 ? narrow_bfloat16(source[i]) : narrow_half(source[i]);
    memcpy(target + i * 2, &bits, 2);
  }
}

/// Whether a finite element of `source` became infinite in `target`.
INLINE bool overflowed(const float *source, const char *target, int type, ptrdiff_t count) {
  int found = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint32_t before = bits_of(source[i]) & 0x7fffffffu;
    const uint32_t after = bits_of(load(target + i * bytes_of(type), type)) & 0x7fffffffu;
    found |= before < 0x7f800000u && after == 0x7f800000u;
  }
  return found != 0;
}

WIDE void widen_weights(const void *source, int type, ptrdiff_t count, float *target) {
  switch (type) {
    case WEIGHT_F32: memcpy(target, source, (size_t)count * 4); break;
    case WEIGHT_BF16: widen(source, WEIGHT_BF16, 1, count, target); break;
    default: widen(source, WEIGHT_F16, 1, count, target); break;
  }
}

WIDE static bool narrow_weights(const float *source, ptrdiff_t count, char *target, int type) {
  switch (type) {
    case WEIGHT_F32: narrow(source, WEIGHT_F32, count, target); return true;
    case WEIGHT_BF16:
      narrow(source, WEIGHT_BF16, count, target);
      return !overflowed(source, target, WEIGHT_BF16, count);
    default:
      narrow(source, WEIGHT_F16, count, target);
      return !overflowed(source, target, WEIGHT_F16, count);
  }
}

bool store_weights(const void *source, int source_type, bool transposed, ptrdiff_t rows,
                   ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, void *target,
                   int target_type) {
  const char *from = source;
  char *to = target;
  const ptrdiff_t from_bytes = bytes_of(source_type);
  const ptrdiff_t to_bytes = bytes_of(target_type);
  const ptrdiff_t count = (end - begin) * columns;
  if (!transposed && source_type == target_type) {
    memcpy(to, from + begin * columns * from_bytes, (size_t)(count * to_bytes));
    return true;
  }
  float block[BLOCK];
  bool stored = true;
  if (!transposed) {
    for (ptrdiff_t i = 0; i < count; i += BLOCK) {
      const ptrdiff_t size = count - i < BLOCK ? count - i : BLOCK;
      widen_weights(from + (begin * columns + i) * from_bytes, source_type, size, block);
      stored &= narrow_weights(block, size, to + i * to_bytes, target_type);
    }
    return stored;
  }
  // Sixteen rows of the target at a time: they are contiguous in each row of the source, so every
  // cache line is used fully.
  enum { ROWS = 16, COLUMNS = BLOCK / ROWS };
  float row_major[BLOCK];
  for (ptrdiff_t row = begin; row < end; row += ROWS) {
    const ptrdiff_t height = end - row < ROWS ? end - row : ROWS;
    for (ptrdiff_t column = 0; column < columns; column += COLUMNS) {
      const ptrdiff_t width = columns - column < COLUMNS ? columns - column : COLUMNS;
      for (ptrdiff_t c = 0; c < width; c++)
        widen_weights(from + ((column + c) * rows + row) * from_bytes, source_type, height,
                      block + c * ROWS);
      for (ptrdiff_t r = 0; r < height; r++)
        for (ptrdiff_t c = 0; c < width; c++) row_major[r * COLUMNS + c] = block[c * ROWS + r];
      for (ptrdiff_t r = 0; r < height; r++)
        stored &= narrow_weights(row_major + r * COLUMNS, width,
                                 to + ((row - begin + r) * columns + column) * to_bytes,
                                 target_type);
    }
  }
  return stored;
}

WIDE void gather_weights(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const void *table,
                         int type, const int *rows, float scale, float *target) {
  for (ptrdiff_t i = begin; i < end; i++) {
    const char *from = (const char *)table + rows[i] * width * bytes_of(type);
    float *restrict to = target + i * width;
    switch (type) {
      case WEIGHT_F32: widen(from, WEIGHT_F32, 1, width, to); break;
      case WEIGHT_BF16: widen(from, WEIGHT_BF16, 1, width, to); break;
      default: widen(from, WEIGHT_F16, 1, width, to); break;
    }
    if (scale != 1)
      for (ptrdiff_t e = 0; e < width; e++) to[e] *= scale;
  }
}
