// attention_staging.h - streamed rows of the attention kernels on tensor cores, from global to
// shared memory as the planes of bf16 that attention_fragments.h multiplies.
//
// A tile is a list of STREAMED row indices into a matrix [*, HEAD_DIMENSION]; -1 marks a missing
// row. With PREFETCH the f32 rows of a tile are copied to shared memory while the tile before is
// multiplied, and split into planes there.
//
// It follows attention_tiles.h and attention_fragments.h, and has their build constants.

#if TENSOR_CORES

// Quads of the f32 rows of a streamed tile, and of those that are copied ahead.
#define TILE_QUADS (STREAMED * QUADS)
#define COPIED_QUADS (PREFETCH ? 2 * TILE_QUADS : 1)

#if STREAMED > LANES
#error "a lane lists at most one streamed row"
#endif

// rows[b] = the row index of key `first` + b, or -1 from `end` on
DEVICE void list_keys(QueryTile tile, int first, int end, int key_value_heads, int head,
                      LOCAL_ARG int *rows) {
  const int position = first + LOCAL_ID;
  if (LOCAL_ID < STREAMED)
    rows[LOCAL_ID] = position < end ? key_row(tile, position) * key_value_heads + head : -1;
}

// rows[b] = the row index of packed query `first` + b of a span, or -1 from `end` on
DEVICE void list_queries(Span span, int first, int end, int group, int query_heads, int head,
                         LOCAL_ARG int *rows) {
  const int packed = first + LOCAL_ID;
  if (LOCAL_ID < STREAMED)
    rows[LOCAL_ID] =
        packed < end ? packed_row(span.query_start, packed, group, query_heads, head) : -1;
}

// Stores quad e of a streamed tile as pieces.
DEVICE void store_quad(float4 x, int e, LOCAL_ARG uint *planes) {
  const int row = e / QUADS, quad = e % QUADS;
  LOCAL_ARG uint *to = planes + row * PITCH + quad / 4 * 8 + quad % 4;
  uint low[PIECES], high[PIECES];
  split_pair(x.x, x.y, PIECES, low);
  split_pair(x.z, x.w, PIECES, high);
#pragma unroll
  for (int p = 0; p < PIECES; p++) {
    to[p * PLANE] = low[p];
    to[p * PLANE + 4] = high[p];
  }
}

// planes[p][b][d] = piece p of matrix[rows[b]][d]
DEVICE void stage_rows(const GLOBAL float *matrix, const LOCAL_ARG int *rows,
                       LOCAL_ARG uint *planes) {
#pragma unroll
  for (int first = 0; first < TILE_QUADS; first += LANES) {
    const int e = first + LOCAL_ID;
    if (TILE_QUADS % LANES == 0 || e < TILE_QUADS)
      store_quad(load_quad(matrix, rows[e / QUADS], e % QUADS * 4), e, planes);
  }
}

// Begins to copy matrix[rows[b]][d]. The lane that copies a quad splits it, so no barrier is needed
// between the two.
DEVICE void begin_copies(const GLOBAL float *matrix, const LOCAL_ARG int *rows,
                         LOCAL_ARG float4 *copied) {
#pragma unroll
  for (int first = 0; first < TILE_QUADS; first += LANES) {
    const int e = first + LOCAL_ID;
    if (TILE_QUADS % LANES == 0 || e < TILE_QUADS) {
      const int row = rows[e / QUADS], d = e % QUADS * 4;
      const int is_missing = row < 0 || d >= HEAD_DIMENSION;
      copy_async(copied + e, is_missing ? matrix : matrix + (OFFSET)row * HEAD_DIMENSION + d,
                 is_missing);
    }
  }
}

// As stage_rows, from rows that this lane has copied.
DEVICE void split_rows(const LOCAL_ARG float4 *copied, LOCAL_ARG uint *planes) {
#pragma unroll
  for (int first = 0; first < TILE_QUADS; first += LANES) {
    const int e = first + LOCAL_ID;
    if (TILE_QUADS % LANES == 0 || e < TILE_QUADS) store_quad(copied[e], e, planes);
  }
}

// Begins to copy the rows of two matrices, whose indices all lanes have written: a barrier has been
// passed since.
DEVICE void prefetch_tile(const GLOBAL float *matrix, const GLOBAL float *second,
                          const LOCAL_ARG int *rows, LOCAL_ARG float4 *copied) {
  begin_copies(matrix, rows, copied);
  begin_copies(second, rows, copied + TILE_QUADS);
}

// The first row of the tile whose indices are listed for stage_tile, where that from `first` on is
// staged: with PREFETCH it is the next.
DEVICE int first_listed(int first) { return PREFETCH ? first + STREAMED : first; }

// The planes of two matrices, with IN_TURNS those of the first alone. With PREFETCH they are split
// from what was copied, and the rows of the next tile begin to be copied if it exists. All lanes
// have read the planes before; `rows` may have been written since the last barrier.
DEVICE void stage_tile(const GLOBAL float *matrix, const GLOBAL float *second,
                       const LOCAL_ARG int *rows, int has_next, LOCAL_ARG float4 *copied,
                       LOCAL_ARG uint *planes, LOCAL_ARG uint *second_planes) {
  if (PREFETCH) {
    wait_for_copies();
    split_rows(copied, planes);
    split_rows(copied + TILE_QUADS, second_planes);
  } else {
    BARRIER();
    stage_rows(matrix, rows, planes);
    if (!IN_TURNS) stage_rows(second, rows, second_planes);
  }
  BARRIER();
  if (PREFETCH && has_next) prefetch_tile(matrix, second, rows, copied);
}

// Before a loop over the tiles of keys from `begin` to `end`: the first tile is waited for.
DEVICE void begin_keys(QueryTile tile, int begin, int end, int key_value_heads, int head,
                       const GLOBAL float *key, const GLOBAL float *value, LOCAL_ARG int *rows,
                       LOCAL_ARG float4 *copied) {
  if (PREFETCH && begin < end) {
    list_keys(tile, begin, end, key_value_heads, head, rows);
    BARRIER();
    prefetch_tile(key, value, rows, copied);
  }
}

// In that loop: the tile from `first` on.
DEVICE void stage_keys(QueryTile tile, int first, int end, int key_value_heads, int head,
                       const GLOBAL float *key, const GLOBAL float *value, LOCAL_ARG int *rows,
                       LOCAL_ARG float4 *copied, LOCAL_ARG uint *keys, LOCAL_ARG uint *values) {
  const int listed = first_listed(first);
  if (PREFETCH) BARRIER();
  list_keys(tile, listed, end, key_value_heads, head, rows);
  stage_tile(key, value, rows, listed < end, copied, keys, values);
}

// As stage_rows, in place of another matrix that all lanes have read.
DEVICE void stage_again(const GLOBAL float *matrix, const LOCAL_ARG int *rows,
                        LOCAL_ARG uint *planes) {
  BARRIER();
  stage_rows(matrix, rows, planes);
  BARRIER();
}

#endif
