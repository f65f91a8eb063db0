// The norm of queries or keys; formulas in Kernels/head_norm.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Where the heads of a projection stand and how they are normalised.
typedef struct HeadNorm {
  /// Elements of a row, the first of them that belongs to a head, heads, and elements of a head.
  ptrdiff_t stride, first, heads, width;
  /// Takes the mean away first, as LayerNorm does.
  bool centred;
  float epsilon;
  /// [heads, width]
  const float *_Nonnull weight;
} HeadNorm;

/// Rows begin ..< end of x [T, stride] in place; what stood there goes to kept [T, heads, width].
void head_norm_forward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *_Nonnull x,
                       float *_Nonnull kept);

/// Rows begin ..< end of d_y [T, stride] in place.
void head_norm_backward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *_Nonnull d_y,
                        const float *_Nonnull kept);
