// Soft cap of logits; formula in Kernels/soft_cap.cl.
#pragma once
#include <stddef.h>

/// Elements begin ..< end in place: cap * tanh(z / cap).
void soft_cap(ptrdiff_t begin, ptrdiff_t end, float cap, float *_Nonnull logits);
