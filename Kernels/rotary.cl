// rotary.cl - splits a fused projection into heads and applies rotary position embedding (Su et al.
// 2021, arXiv:2104.09864), and the gradient.
//
// Half-split (NeoX) RoPE. With C = half_dimension, the first 2C of a head's D elements are rotated
// in pairs (i, i + C) by the angle of row r's position; the other elements are copied (C = 0: all
// of them). For i < C:
//     split_heads   y[i]   = x[i] * cosine[p,i] - x[i+C] * sine[p,i]
//                   y[i+C] = x[i+C] * cosine[p,i] + x[i] * sine[p,i]         with p = positions[r]
//     merge_heads   the transpose: the same with -sine
// A row of the projection is q | k | v. Queries and keys are rotated, values are copied.
//
//     projected      [T, (H + 2G) * D]  read  (split_heads)    d_projected  write (merge_heads)
//     cosine, sine   [positions, C]     read
//     positions      [T]                read
//     key_rows       [T]                read  row indices into key and value
//     query          [T, H, D]          write (split_heads)    d_query      read  (merge_heads)
//     key, value     [*, G, D]          write (split_heads)    d_key, d_value  read  (merge_heads)
//
// H or G may be 0 if the projection has only the other part; the operands of the missing part are
// then null pointers.
//
// Mapping   GPU: one work-group per row; lane l handles e = l, l + LANES, ... of q, then of k, then
//           of v (coalesced). CPU: one work-item per row, head by head.
// Passes    one; on a GPU each pair is read twice, the second time from cache
// Numerics  f32
// Traffic   2 * T * (H + 2G) * D floats and the angles
// Twin      Sources/Compute/Attention/Rotary.swift, RotaryBackward.swift,
//           Sources/CArithmetic/rotary.c
// Build     LANES=1,128

// Rotates the heads of a row, `width` elements in all, by the row's angles times `direction` (1, or
// -1 for the transpose).
#ifdef CPU_DEVICE

DEVICE void rotate_heads(const GLOBAL float *RESTRICT heads, int width,
                         const GLOBAL float *cosine, const GLOBAL float *sine,
                         int head_dimension, int half_dimension, float direction,
                         GLOBAL float *RESTRICT rotated) {
  for (int head = 0; head < width; head += head_dimension) {
    const GLOBAL float *low = heads + head;
    const GLOBAL float *high = low + half_dimension;
    GLOBAL float *to_low = rotated + head;
    GLOBAL float *to_high = to_low + half_dimension;
    int i = 0;
    for (; i + 16 <= half_dimension; i += 16) {
      const float16 a = vload16(0, low + i);
      const float16 b = vload16(0, high + i);
      const float16 c = vload16(0, cosine + i);
      const float16 s = direction * vload16(0, sine + i);
      vstore16(a * c - b * s, 0, to_low + i);
      vstore16(b * c + a * s, 0, to_high + i);
    }
    for (; i < half_dimension; i++) {
      const float s = direction * sine[i];
      to_low[i] = low[i] * cosine[i] - high[i] * s;
      to_high[i] = high[i] * cosine[i] + low[i] * s;
    }
    for (i = 2 * half_dimension; i < head_dimension; i++) to_low[i] = low[i];
  }
}

#else

DEVICE void rotate_heads(const GLOBAL float *RESTRICT heads, int width,
                         const GLOBAL float *cosine, const GLOBAL float *sine,
                         int head_dimension, int half_dimension, float direction,
                         GLOBAL float *RESTRICT rotated) {
  for (int e = LOCAL_ID; e < width; e += LANES) {
    const int i = e % head_dimension;
    const int pair = i < half_dimension ? i : i - half_dimension;
    if (i >= 2 * half_dimension) {
      rotated[e] = heads[e];
    } else {
      const float other =
          i < half_dimension ? -heads[e + half_dimension] : heads[e - half_dimension];
      rotated[e] = heads[e] * cosine[pair] + other * (direction * sine[pair]);
    }
  }
}

#endif

KERNEL(LANES) split_heads(const GLOBAL float *RESTRICT projected,
                          const GLOBAL float *RESTRICT cosine, const GLOBAL float *RESTRICT sine,
                          const GLOBAL int *RESTRICT positions,
                          const GLOBAL int *RESTRICT key_rows, GLOBAL float *RESTRICT query,
                          GLOBAL float *RESTRICT key, GLOBAL float *RESTRICT value,
                          int query_width, int key_width, int head_dimension,
                          int half_dimension) {
  const int row = GROUP_ID;
  const GLOBAL float *from = projected + (OFFSET)row * (query_width + 2 * key_width);
  const GLOBAL float *c = cosine + (OFFSET)positions[row] * half_dimension;
  const GLOBAL float *s = sine + (OFFSET)positions[row] * half_dimension;
  rotate_heads(from, query_width, c, s, head_dimension, half_dimension, 1.0f,
               query + (OFFSET)row * query_width);
  if (key_width > 0) {
    const OFFSET offset = (OFFSET)key_rows[row] * key_width;
    rotate_heads(from + query_width, key_width, c, s, head_dimension, half_dimension, 1.0f,
                 key + offset);
    from += query_width + key_width;
    for (int e = LOCAL_ID; e < key_width; e += LANES) value[offset + e] = from[e];
  }
}

KERNEL(LANES) merge_heads(const GLOBAL float *RESTRICT d_query,
                          const GLOBAL float *RESTRICT d_key,
                          const GLOBAL float *RESTRICT d_value,
                          const GLOBAL float *RESTRICT cosine, const GLOBAL float *RESTRICT sine,
                          const GLOBAL int *RESTRICT positions,
                          const GLOBAL int *RESTRICT key_rows,
                          GLOBAL float *RESTRICT d_projected, int query_width, int key_width,
                          int head_dimension, int half_dimension) {
  const int row = GROUP_ID;
  GLOBAL float *to = d_projected + (OFFSET)row * (query_width + 2 * key_width);
  const GLOBAL float *c = cosine + (OFFSET)positions[row] * half_dimension;
  const GLOBAL float *s = sine + (OFFSET)positions[row] * half_dimension;
  rotate_heads(d_query + (OFFSET)row * query_width, query_width, c, s, head_dimension,
               half_dimension, -1.0f, to);
  if (key_width > 0) {
    const OFFSET offset = (OFFSET)key_rows[row] * key_width;
    rotate_heads(d_key + offset, key_width, c, s, head_dimension, half_dimension, -1.0f,
                 to + query_width);
    to += query_width + key_width;
    for (int e = LOCAL_ID; e < key_width; e += LANES) to[e] = d_value[offset + e];
  }
}
