// Buffers between guard pages, fixed random numbers and ranges spread over threads, for calls of the C arithmetic
// under sanitizers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CArithmetic.h"

enum { THREADS = 3, MAXIMUM_BUFFERS = 32 };

/// A number in low ... high, from a sequence that every run repeats.
ptrdiff_t pick(ptrdiff_t low, ptrdiff_t high);

/// A size in low ... high: often a boundary of the vector loops (15, 16, 17, 31, 32, 33, 63, ...).
ptrdiff_t pick_size(ptrdiff_t low, ptrdiff_t high);

/// Bytes of a buffer that ends where a guard page begins, or, every second round, begins where one ends; the
/// rest of its pages is checked by `release_buffers` and, under AddressSanitizer, must not be touched at all.
/// `odd` moves the buffer to an odd address.
void *guarded(size_t bytes, bool odd);

/// `count` numbers in -2 ... 2.
float *floats(ptrdiff_t count);

/// `count` numbers in 0 ... 1.
float *fractions(ptrdiff_t count);

/// `count` indices, each in 0 ..< below.
int32_t *indices(ptrdiff_t count, ptrdiff_t below);

/// `count` different indices in 0 ..< below.
int32_t *distinct_indices(ptrdiff_t count, ptrdiff_t below);

/// The next number of elements that are whole blocks of a weight format.
ptrdiff_t whole_blocks(ptrdiff_t count, int format);

/// Elements of a weight format, finite and below 4, at any address; whole blocks.
void *weights(ptrdiff_t count, int format);

/// Makes a buffer read-only until `release_buffers`.
const void *constant(void *buffer);

/// Ends the buffers of a round; stops the program where bytes beside one were written.
void release_buffers(void);

/// Calls `body` with ranges that cover 0 ..< count, on several threads.
void spread(void (*body)(void *, ptrdiff_t, ptrdiff_t), ptrdiff_t count);

/// Stops the program: a result is not what scalar arithmetic gives.
void expect_near(const char *name, double value, double expected, double magnitude);

/// Calls made so far.
extern ptrdiff_t calls;

// One function for each subject: a round of every operation, at random shapes.
void row_operations(void);
void loss_operations(void);
void attention_operations(void);
void matmul_operations(void);
void thread_operations(void);
