// A small pool of threads that spins a little before it parks: waking a parked core costs some
// 50 microseconds, as much as many of the loops that the CPU path runs.
#pragma once
#include <stddef.h>

typedef struct ThreadPool ThreadPool;

/// Makes a pool of `threads` threads, the caller's among them. NULL where no thread can be made.
ThreadPool *_Nullable thread_pool_create(int threads);

/// Ends the threads and frees the pool. No run may be under way.
void thread_pool_destroy(ThreadPool *_Nonnull pool);

/// Calls `body(context, begin, end)` with ranges that cover 0 ..< count once, spread over the threads, and returns when
/// all have returned. Each thread has a stretch of its own, neighbours in memory as a rule, and goes through it `grain`
/// indices at a time, up to the next multiple of `grain`; one that has ended its own takes from the end of another's. Calls
/// come from one thread at a time; `body` must not call back into the pool. `count` is below 2^31.
void thread_pool_run(ThreadPool *_Nonnull pool,
                     void (*_Nonnull body)(void *_Nullable context, ptrdiff_t begin,
                                           ptrdiff_t end),
                     void *_Nullable context, ptrdiff_t count, ptrdiff_t grain);

/// The place of the calling thread in its pool: 0 for a thread that calls `thread_pool_run`, 1 and up for those that help
/// it. Below the pool's count of threads: an index of scratch that is the thread's own.
int thread_pool_place(void);
