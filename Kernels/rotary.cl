// rotary.cl - rotary position embedding (Su et al. 2021, arXiv:2104.09864) on the way from a fused projection to
// heads, and its gradient on the way back.
//
// With C = half_dimension, the first 2C of a head's D elements are rotated in pairs (i, i + C), as Hugging Face's Llama pairs
// them, by the angle of row r's position; the rest passes through (C = 0: all of it). For i < C:
//     split_heads   y[i]   = x[i] * cosine[p,i] - x[i+C] * sine[p,i]
//                   y[i+C] = x[i+C] * cosine[p,i] + x[i] * sine[p,i]         with p = positions[r]
//     merge_heads   the transpose: the same with -sine
// A row of the projection is q | k | v. Queries and keys are rotated, values move as they are.
//
//     projected      [T, (H + 2G) * D]  read  (split_heads)    d_projected  write (merge_heads)
//     cosine, sine   [positions, C]     read
//     positions      [T]                read
//     key_rows       [T]                read  where keys and values of a row stand
//     query          [T, H, D]          write (split_heads)    d_query      read  (merge_heads)
//     key, value     [*, G, D]          write (split_heads)    d_key, d_value  read  (merge_heads)
//
// H or G may be 0 where the projection holds only the other part; what belongs to it is then not touched.
//
// Mapping   one work-group a row; lane l visits e = l, l + LANES, ... of q, then of k, then of v (coalesced).
//           One work-item a row on the CPU.
// Passes    one; a pair is read twice, the second time from cache
// Numerics  f32
// Traffic   2 * T * (H + 2G) * D floats and the angles
// Twin      Sources/Compute/Operations/SplitHeads.swift, MergeHeads.swift, Sources/CArithmetic/rotary.c
// Build     LANES=1,128 HEAD_DIMENSION=64

// Element `e` of heads laid end to end, rotated by the row's angles times `direction` (1, or -1 for the transpose).
DEVICE float rotated(const GLOBAL float *heads, int e, const GLOBAL float *cosine,
                     const GLOBAL float *sine, int half_dimension, float direction) {
  const int i = e % HEAD_DIMENSION;
  if (i >= 2 * half_dimension) return heads[e];
  if (i < half_dimension)
    return heads[e] * cosine[i] - heads[e + half_dimension] * (direction * sine[i]);
  const int pair = i - half_dimension;
  return heads[e] * cosine[pair] + heads[e - half_dimension] * (direction * sine[pair]);
}

KERNEL(LANES) split_heads(const GLOBAL float *RESTRICT projected,
                          const GLOBAL float *RESTRICT cosine, const GLOBAL float *RESTRICT sine,
                          const GLOBAL int *RESTRICT positions,
                          const GLOBAL int *RESTRICT key_rows, GLOBAL float *RESTRICT query,
                          GLOBAL float *RESTRICT key, GLOBAL float *RESTRICT value,
                          int query_width, int key_width, int half_dimension) {
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  const GLOBAL float *from = projected + (OFFSET)row * (query_width + 2 * key_width);
  const GLOBAL float *c = cosine + (OFFSET)positions[row] * half_dimension;
  const GLOBAL float *s = sine + (OFFSET)positions[row] * half_dimension;
  GLOBAL float *to = query + (OFFSET)row * query_width;
  for (int e = lane; e < query_width; e += LANES)
    to[e] = rotated(from, e, c, s, half_dimension, 1.0f);
  if (key_width > 0) {
    const OFFSET place = (OFFSET)key_rows[row] * key_width;
    from += query_width;
    for (int e = lane; e < key_width; e += LANES) {
      key[place + e] = rotated(from, e, c, s, half_dimension, 1.0f);
      value[place + e] = from[key_width + e];
    }
  }
}

KERNEL(LANES) merge_heads(const GLOBAL float *RESTRICT d_query,
                          const GLOBAL float *RESTRICT d_key,
                          const GLOBAL float *RESTRICT d_value,
                          const GLOBAL float *RESTRICT cosine, const GLOBAL float *RESTRICT sine,
                          const GLOBAL int *RESTRICT positions,
                          const GLOBAL int *RESTRICT key_rows,
                          GLOBAL float *RESTRICT d_projected, int query_width, int key_width,
                          int half_dimension) {
  const int row = GROUP_ID;
  const int lane = LOCAL_ID;
  GLOBAL float *to = d_projected + (OFFSET)row * (query_width + 2 * key_width);
  const GLOBAL float *c = cosine + (OFFSET)positions[row] * half_dimension;
  const GLOBAL float *s = sine + (OFFSET)positions[row] * half_dimension;
  const GLOBAL float *from = d_query + (OFFSET)row * query_width;
  for (int e = lane; e < query_width; e += LANES)
    to[e] = rotated(from, e, c, s, half_dimension, -1.0f);
  if (key_width > 0) {
    const OFFSET place = (OFFSET)key_rows[row] * key_width;
    to += query_width;
    for (int e = lane; e < key_width; e += LANES) {
      to[e] = rotated(d_key + place, e, c, s, half_dimension, -1.0f);
      to[key_width + e] = d_value[place + e];
    }
  }
}
