// product_wide.cl - the products of product.cl on a device of CPU type: same formulas, operands and entries.
//
//     rows_per_item   rows of y that one work-item makes, a multiple of 6
//
// Mapping   work-item (i, j) makes columns 64 i ..< 64 (i + 1) of y in rows_per_item rows from j * rows_per_item on. A piece
//           of W, 64 columns of y by DEPTH summands, is copied to local memory in the order in which it is read, widened on
//           the way, and the rows of y go over it six at a time; their sums stay in registers:
//
//                            64 columns               panel          d = 0: [ 64 weights ]
//                          +------------+                            d = 1: [ 64 weights ]
//                    6 rows| 24 vectors |  += x[6 rows, d]  outer            ...
//                          +------------+
//
//           Forward, 16 rows of W by 16 summands are turned in registers; backward, rows of W are rows of the panel.
// Passes    over s in steps of DEPTH; y holds the sums between them
// Numerics  f32 sums in the order of s
// Traffic   W once for every rows_per_item rows, x once for every 64 columns, y once a pass
// Tunable   DEPTH, a multiple of 32: the panel takes 256 * DEPTH bytes of local memory
// Twin      Sources/Compute/Matmul/Product.swift, Sources/CArithmetic/product_float_tiles.c
// Build     ELEMENT=0,1,2 BACKWARD=0,1 DEPTH=64,128

#ifdef CPU_DEVICE

#define COLUMNS 64
#define VECTORS (COLUMNS / 16)
#define ROWS 6
#ifndef DEPTH
#define DEPTH 128
#endif

#if BACKWARD
#define PRODUCT product_backward
#else
#define PRODUCT product
#endif

// 16 weights as f32. Not by vload_half: PoCL 3.1 drops loops that hold it when they are unrolled.
#if ELEMENT == ELEMENT_F32
DEVICE float16 widen16(float16 stored) { return stored; }
#elif ELEMENT == ELEMENT_BF16
DEVICE float16 widen16(ushort16 stored) { return as_float16(convert_uint16(stored) << 16); }
#else
// Exponent and fraction stand where an f32 has them, and the exponent is 112 short; those of infinities and of what is no number
// by as much again. Below 2^-14 there is an implicit 1 too many, which is taken off as 2^-14: nothing here is a
// denormal f32, which some devices take for 0.
DEVICE float16 widen16(ushort16 stored) {
  const uint16 bits = convert_uint16(stored);
  const uint16 magnitude = (bits & 0x7fffu) << 13;
  const uint16 small = as_uint16(as_float16(magnitude + 0x38800000u) - 0x1p-14f);
  const uint16 large = magnitude + 0x70000000u;
  uint16 wide = magnitude < 0x00800000u ? small : magnitude + 0x38000000u;
  wide = magnitude >= 0x0f800000u ? large : wide;
  return as_float16(wide | (bits & 0x8000u) << 16);
}
#endif

// `count` weights, at most 16, from element `index` on; what lies behind them is not read and 0.
DEVICE float16 load16(const GLOBAL Stored *weight, OFFSET index, int count) {
  if (count >= 16) return widen16(vload16(0, weight + index));
  Stored some[16];
  for (int i = 0; i < 16; i++) some[i] = i < count ? weight[index + i] : 0;
  return widen16(vload16(0, some));
}

#if BACKWARD

DEVICE void fill_panel(const GLOBAL Stored *weight, int width, int depth, int column, int begin,
                       int count, LOCAL_ARG float *panel) {
  (void)depth;
  for (int d = 0; d < count; d++)
    for (int c = 0; c < COLUMNS; c += 16)
      vstore16(load16(weight, (OFFSET)(begin + d) * width + column + c, width - column - c), 0,
               panel + d * COLUMNS + c);
}

#else

// Four rounds of dealing 16 rows of 16 into each other turn them.
DEVICE void turn(float16 *rows) {
  float16 dealt[16];
#pragma unroll
  for (int round = 0; round < 4; round++) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      dealt[2 * i].even = rows[i].lo;
      dealt[2 * i].odd = rows[i + 8].lo;
      dealt[2 * i + 1].even = rows[i].hi;
      dealt[2 * i + 1].odd = rows[i + 8].hi;
    }
#pragma unroll
    for (int i = 0; i < 16; i++) rows[i] = dealt[i];
  }
}

DEVICE void fill_panel(const GLOBAL Stored *weight, int width, int depth, int column, int begin,
                       int count, LOCAL_ARG float *panel) {
  for (int c = 0; c < COLUMNS; c += 16)
    for (int d = 0; d < count; d += 16) {
      float16 block[16];
#pragma unroll
      for (int i = 0; i < 16; i++) {
        const int inside = column + c + i < width;
        block[i] = load16(weight, (OFFSET)(column + c + i) * depth + begin + d,
                          inside ? count - d : 0);
      }
      turn(block);
#pragma unroll
      for (int i = 0; i < 16; i++) vstore16(block[i], 0, panel + (d + i) * COLUMNS + c);
    }
}

#endif

// A tile asks for one line of the next panel's weights at each of DEPTH steps, so sizeof(Stored) tiles ask for all. These are
// the lines that it takes from one row of W before it goes on to the next.
#if BACKWARD
#define LINES 1
#else
#define LINES (DEPTH * (int)sizeof(Stored) / 64)
#endif

// Where tile `share` begins to ask for the panel that begins at a column of y and a summand.
DEVICE size_t lines_ahead(const GLOBAL Stored *weight, OFFSET row_bytes, OFFSET column,
                          OFFSET begin, int share) {
#if BACKWARD
  return (size_t)weight + begin * row_bytes + column * sizeof(Stored) + share * 64;
#else
  return (size_t)weight + (column + share * (DEPTH / LINES)) * row_bytes + begin * sizeof(Stored);
#endif
}

KERNEL(1) PRODUCT(const GLOBAL float *RESTRICT x, const GLOBAL Stored *RESTRICT weight,
                  const GLOBAL float *RESTRICT bias, const GLOBAL float *addend,
                  GLOBAL float *y, int rows, int width, int depth, int first_in, int first_out,
                  int has_bias, int adds, int rows_per_item) {
  LOCAL float panel[DEPTH * COLUMNS];
  const int column = GROUP_ID * COLUMNS;
  const int columns = min(COLUMNS, width - column);
  const int row_begin = GROUP_ID_Y * rows_per_item;
  const int row_end = min(rows, row_begin + rows_per_item);
  const OFFSET row_bytes = (OFFSET)(BACKWARD ? width : depth) * sizeof(Stored);
  float edge[COLUMNS];
  float16 start[VECTORS];
  for (int c = 0; c < COLUMNS; c++) edge[c] = has_bias && c < columns ? bias[column + c] : 0.0f;
#pragma unroll
  for (int c = 0; c < VECTORS; c++) start[c] = vload16(c, edge);

  for (int begin = 0; begin == 0 || begin < depth; begin += DEPTH) {
    const int count = min(DEPTH, depth - begin);
    fill_panel(weight, width, depth, column, begin, count, panel);
    const int reads = adds || begin > 0;
    const GLOBAL float *held = begin > 0 ? y : addend;
    const int last = begin + DEPTH >= depth;
    for (int row = row_begin; row < row_end; row += ROWS) {
      const GLOBAL float *from[ROWS];
      GLOBAL float *to[ROWS];
      float16 sum[ROWS][VECTORS];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        // Rows beyond the last are made from the last, and not written.
        const int inside = min(row + r, row_end - 1);
        from[r] = x + (OFFSET)(first_in + inside) * depth + begin;
        const OFFSET place = (OFFSET)(first_out + inside) * width + column;
        to[r] = y + place;
#pragma unroll
        for (int c = 0; c < VECTORS; c++) sum[r][c] = begin == 0 ? start[c] : 0.0f;
        if (!reads) continue;
        if (columns < COLUMNS)
          for (int c = 0; c < columns; c++) edge[c] = held[place + c];
#pragma unroll
        for (int c = 0; c < VECTORS; c++)
          sum[r][c] += columns < COLUMNS ? vload16(c, edge) : vload16(c, held + place);
      }
      const int share = (row - row_begin) / ROWS;
      const int asks = share < (int)sizeof(Stored);
      const size_t next = lines_ahead(weight, row_bytes, column + (last ? COLUMNS : 0),
                                      last ? 0 : begin + DEPTH, share);
      for (int d = 0; d < count; d++) {
        if (asks)
          __builtin_prefetch((const void *)(next + d / LINES * row_bytes + d % LINES * 64), 0, 2);
        float16 w[VECTORS];
#pragma unroll
        for (int c = 0; c < VECTORS; c++) w[c] = vload16(0, panel + d * COLUMNS + 16 * c);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          const float factor = from[r][d];
#pragma unroll
          for (int c = 0; c < VECTORS; c++) sum[r][c] += factor * w[c];
        }
      }
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        if (row + r >= row_end) continue;
#pragma unroll
        for (int c = 0; c < VECTORS; c++)
          if (columns < COLUMNS) vstore16(sum[r][c], c, edge);
          else vstore16(sum[r][c], c, to[r]);
        if (columns < COLUMNS)
          for (int c = 0; c < columns; c++) to[r][c] = edge[c];
      }
    }
  }
}

#endif
