// The CPU path's arithmetic: one header an operation, beside it one .c file.
#pragma once
#include "attention.h"
#include "kl_divergence.h"
#include "product.h"
#include "rms_norm.h"
#include "softmax.h"
#include "thread_pool.h"
#include "weights.h"
