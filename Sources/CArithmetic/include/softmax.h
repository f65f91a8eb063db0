// Softmax and log-sum-exp by rows; formulas in Kernels/softmax.cl.
#pragma once
#include <stddef.h>

/// Probabilities in place of rows begin ..< end of logits [R, width].
void softmax(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, float *_Nonnull logits,
             float inverse_temperature);

/// log_sums[r] for rows begin ..< end of logits [R, width].
void log_sum_exp(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width, const float *_Nonnull logits,
                 float inverse_temperature, float *_Nonnull log_sums);
