// The CPU path's arithmetic: one header an operation, beside it one .c file.
#pragma once
#include "product.h"
#include "rms_norm.h"
#include "thread_pool.h"
#include "weights.h"
