// matmul_wide.cl - the CPU variant of matmul.cl: same formulas, operands and entries.
//
//     rows_per_item   rows of y per work-item, a multiple of 6
//
// Mapping   work-item (i, j) computes columns 64 i ..< 64 (i + 1) of y in rows_per_item rows from
//           row j * rows_per_item. A block of W, 64 columns of y by PANEL_K, is widened to f32 and
//           packed into a panel in local memory. Register tiles of 6 rows by 64 columns then run
//           over the panel:
//
//                            64 columns               panel          d = 0: [ 64 weights ]
//                          +------------+                            d = 1: [ 64 weights ]
//                    6 rows| 24 vectors |  += x[6 rows, d]  outer            ...
//                          +------------+
//
//           Forward, 16 by 16 blocks of W are transposed in registers; backward, rows of W are rows
//           of the panel.
// Passes    over the inner dimension in steps of PANEL_K; y holds the partial sums between passes
// Numerics  f32 sums in order of the inner dimension
// Needs     weight_blocks.h
// Traffic   W once per rows_per_item rows, x once per 64 columns, y once per pass
// Tunable   PANEL_K, a multiple of 32: the panel uses 256 * PANEL_K bytes of local memory
// Twin      Sources/Compute/Matmul/Matmul.swift, Sources/CArithmetic/matmul_float_tiles.c
// Build     ELEMENT=0,1,2,3,4,5,6,7,8,9,10 BACKWARD=0,1 PANEL_K=64,128

#ifdef CPU_DEVICE

#define COLUMNS 64
#define VECTORS (COLUMNS / 16)
#define ROWS 6
#ifndef PANEL_K
#define PANEL_K 128
#endif

#if BACKWARD
#define MATMUL matmul_backward
#else
#define MATMUL matmul
#endif

#if ELEMENT > ELEMENT_F16

// Loads 16 weights from element `index`, or 0 if `count` is not above 0; else it is at least 16.
DEVICE float16 load16(const GLOBAL Stored *weight, OFFSET index, int count) {
  return count > 0 ? widen_sixteen(weight, index) : (float16)0.0f;
}

#else

// 16 weights as f32. Not vload_half: PoCL 3.1 miscompiles unrolled loops that contain it.
#if ELEMENT == ELEMENT_F32
DEVICE float16 widen16(float16 stored) { return stored; }
#elif ELEMENT == ELEMENT_BF16
DEVICE float16 widen16(ushort16 stored) { return as_float16(convert_uint16(stored) << 16); }
#else
// Exponent and fraction are shifted to their f32 position. The exponent bias then differs by 112,
// for infinity and NaN by 224. Subnormal halves would get an implicit 1: 2^-14 is subtracted. No
// intermediate value is a subnormal f32, which some devices flush to 0.
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

// Loads at most 16 weights from element `index`, `count` of which exist. The others are 0 and are
// not read.
DEVICE float16 load16(const GLOBAL Stored *weight, OFFSET index, int count) {
  if (count >= 16) return widen16(vload16(0, weight + index));
  Stored some[16];
  for (int i = 0; i < 16; i++) some[i] = i < count ? weight[index + i] : 0;
  return widen16(vload16(0, some));
}

#endif

#if BACKWARD

DEVICE void pack_panel(const GLOBAL Stored *weight, int width, int inner, int column, int begin,
                       int count, LOCAL_ARG float *panel) {
  (void)inner;
  for (int d = 0; d < count; d++)
    for (int c = 0; c < COLUMNS; c += 16)
      vstore16(load16(weight, (OFFSET)(begin + d) * width + column + c, width - column - c), 0,
               panel + d * COLUMNS + c);
}

#else

// Transposes 16 rows of 16 by four rounds of interleaving.
DEVICE void transpose(float16 *rows) {
  float16 interleaved[16];
#pragma unroll
  for (int round = 0; round < 4; round++) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      interleaved[2 * i].even = rows[i].lo;
      interleaved[2 * i].odd = rows[i + 8].lo;
      interleaved[2 * i + 1].even = rows[i].hi;
      interleaved[2 * i + 1].odd = rows[i + 8].hi;
    }
#pragma unroll
    for (int i = 0; i < 16; i++) rows[i] = interleaved[i];
  }
}

DEVICE void pack_panel(const GLOBAL Stored *weight, int width, int inner, int column, int begin,
                       int count, LOCAL_ARG float *panel) {
  for (int c = 0; c < COLUMNS; c += 16)
    for (int d = 0; d < count; d += 16) {
      float16 block[16];
#if ELEMENT > ELEMENT_F16
      // Decoding is long: 16 copies of it take PoCL as long as all the rest, and gain nothing.
#pragma nounroll
#else
#pragma unroll
#endif
      for (int i = 0; i < 16; i++) {
        const int inside = column + c + i < width;
        block[i] = load16(weight, (OFFSET)(column + c + i) * inner + begin + d,
                          inside ? count - d : 0);
      }
      transpose(block);
#pragma unroll
      for (int i = 0; i < 16; i++) vstore16(block[i], 0, panel + (d + i) * COLUMNS + c);
    }
}

#endif

// Each tile prefetches one cache line of the next panel's weights per step of K, PANEL_K lines in
// all, so sizeof(Stored) tiles prefetch the whole block. LINES is the number of lines from one row
// of W. Weights in blocks are not prefetched: they are few bytes.
#if BACKWARD
#define LINES 1
#else
#define LINES (PANEL_K * (int)sizeof(Stored) / 64)
#endif

// Address from which tile `step` prefetches its lines of the block of W at (column, begin).
DEVICE size_t prefetch_address(const GLOBAL Stored *weight, OFFSET row_bytes, OFFSET column,
                          OFFSET begin, int step) {
#if BACKWARD
  return (size_t)weight + begin * row_bytes + column * sizeof(Stored) + step * 64;
#else
  return (size_t)weight + (column + step * (PANEL_K / LINES)) * row_bytes + begin * sizeof(Stored);
#endif
}

KERNEL(1) MATMUL(const GLOBAL float *RESTRICT x, const GLOBAL Stored *RESTRICT weight,
                  const GLOBAL float *RESTRICT bias, const GLOBAL float *addend,
                  GLOBAL float *y, int rows, int width, int inner, OFFSET x_offset, int x_stride,
                  OFFSET y_offset, int y_stride, int has_bias, int adds, int rows_per_item) {
  LOCAL float panel[PANEL_K * COLUMNS];
  const int column = GROUP_ID * COLUMNS;
  const int columns = min(COLUMNS, width - column);
  const int row_begin = GROUP_ID_Y * rows_per_item;
  const int row_end = min(rows, row_begin + rows_per_item);
  const OFFSET row_bytes = (OFFSET)(BACKWARD ? width : inner) * sizeof(Stored);
  float edge[COLUMNS];
  float16 start[VECTORS];
  for (int c = 0; c < COLUMNS; c++) edge[c] = has_bias && c < columns ? bias[column + c] : 0.0f;
#pragma unroll
  for (int c = 0; c < VECTORS; c++) start[c] = vload16(c, edge);

  for (int begin = 0; begin == 0 || begin < inner; begin += PANEL_K) {
    const int count = min(PANEL_K, inner - begin);
    pack_panel(weight, width, inner, column, begin, count, panel);
    const int reads = adds || begin > 0;
    const GLOBAL float *held = begin > 0 ? y : addend;
    const int last = begin + PANEL_K >= inner;
    for (int row = row_begin; row < row_end; row += ROWS) {
      const GLOBAL float *from[ROWS];
      GLOBAL float *to[ROWS];
      float16 sum[ROWS][VECTORS];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        // Rows past the end repeat the last row and are not written.
        const int inside = min(row + r, row_end - 1);
        from[r] = x + x_offset + (OFFSET)inside * x_stride + begin;
        const OFFSET offset = y_offset + (OFFSET)inside * y_stride + column;
        to[r] = y + offset;
#pragma unroll
        for (int c = 0; c < VECTORS; c++) sum[r][c] = begin == 0 ? start[c] : 0.0f;
        if (!reads) continue;
        if (columns < COLUMNS)
          for (int c = 0; c < columns; c++) edge[c] = held[offset + c];
#pragma unroll
        for (int c = 0; c < VECTORS; c++)
          sum[r][c] += columns < COLUMNS ? vload16(c, edge) : vload16(c, held + offset);
      }
      const int step = (row - row_begin) / ROWS;
      const int prefetches = ELEMENT <= ELEMENT_F16 && step < (int)sizeof(Stored);
      const size_t next = prefetch_address(weight, row_bytes, column + (last ? COLUMNS : 0),
                                      last ? 0 : begin + PANEL_K, step);
      for (int d = 0; d < count; d++) {
        if (prefetches)
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
