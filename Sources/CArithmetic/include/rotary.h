// Splits a fused projection into heads and applies RoPE, and the gradient; formulas in
// Kernels/rotary.cl.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The shape of a projection's rows, [query_heads + 2 * key_value_heads, head_dimension], and the
/// RoPE tables for the first 2 * half_dimension elements of a head: cosine and sine [positions,
/// half_dimension].
typedef struct HeadRotation {
  ptrdiff_t query_heads;
  ptrdiff_t key_value_heads;
  ptrdiff_t head_dimension;
  ptrdiff_t half_dimension;
  const float *_Nonnull cosine;
  const float *_Nonnull sine;
  const int32_t *_Nonnull positions;
} HeadRotation;

/// Splits and rotates rows begin ..< end of `projected`: query [T, H, D] by row, key and value [*,
/// G, D] at key_rows. query may be NULL if query_heads is 0; key_rows, key and value if
/// key_value_heads is 0.
void split_heads(ptrdiff_t begin, ptrdiff_t end, HeadRotation shape,
                 const float *_Nonnull projected, const int32_t *_Nullable key_rows,
                 float *_Nullable query, float *_Nullable key, float *_Nullable value);

/// The gradient of split_heads: rows begin ..< end of d_projected, written.
void merge_heads(ptrdiff_t begin, ptrdiff_t end, HeadRotation shape,
                 const float *_Nullable d_query, const int32_t *_Nullable key_rows,
                 const float *_Nullable d_key, const float *_Nullable d_value,
                 float *_Nonnull d_projected);
