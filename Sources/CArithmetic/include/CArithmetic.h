// The CPU path's arithmetic: one header an operation, beside it one .c file.
#pragma once
#include "agreement.h"
#include "attention.h"
#include "compress_logits.h"
#include "kl_divergence.h"
#include "product.h"
#include "projected_divergence.h"
#include "rms_norm.h"
#include "soft_cap.h"
#include "softmax.h"
#include "sum.h"
#include "thread_pool.h"
#include "weights.h"
