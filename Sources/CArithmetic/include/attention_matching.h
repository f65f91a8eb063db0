// Attention of chosen queries to many keys, for the choice of a few: the softmax's weights where the
// log-sum-exp of a larger set of keys is known.
#pragma once
#include <stddef.h>

/// Weights e^(z - log_sum_exp) in place of scores z [rows, width], a row's sum to `mass` [rows], and
/// the sums of squares over the rows added to `squares` [width].
void attention_weights(ptrdiff_t rows, ptrdiff_t width, const float *_Nonnull log_sum_exp,
                       float *_Nonnull scores, float *_Nonnull mass, float *_Nonnull squares);
