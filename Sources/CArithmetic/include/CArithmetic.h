// The CPU path's arithmetic: one header an operation, beside it one .c file.
#pragma once
#include "rms_norm.h"
#include "thread_pool.h"
