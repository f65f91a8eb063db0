// QK norm; formulas in Kernels/head_norm.cl.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// The heads of a projection and their norm.
typedef struct HeadNorm {
  /// Elements of a row, first element of the first head, number of heads, elements of a head.
  ptrdiff_t stride, first, heads, width;
  /// Subtracts the mean first, as LayerNorm does.
  bool centred;
  float epsilon;
  /// [heads, width]
  const float *_Nonnull weight;
} HeadNorm;

/// Normalises rows begin ..< end of x [T, stride] in place and copies the input to kept [T, heads,
/// width].
void head_norm_forward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *_Nonnull x,
                       float *_Nonnull kept);

/// The gradient of rows begin ..< end of d_y [T, stride], in place.
void head_norm_backward(ptrdiff_t begin, ptrdiff_t end, HeadNorm shape, float *_Nonnull d_y,
                        const float *_Nonnull kept);
