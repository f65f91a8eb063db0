// A small thread pool. Idle threads spin before they park: waking a parked core costs some 50
// microseconds, as much as many loops of the CPU path.
#pragma once
#include <stddef.h>

typedef struct ThreadPool ThreadPool;

/// Creates a pool of `threads` threads, including the caller. NULL if a thread cannot be created.
ThreadPool *_Nullable thread_pool_create(int threads);

/// Joins the threads and frees the pool. No run may be in progress.
void thread_pool_destroy(ThreadPool *_Nonnull pool);

/// Calls `body(context, begin, end)` with ranges that cover 0 ..< count once, on all threads, and
/// returns when all calls have returned. Each thread first takes indices of its own contiguous
/// range, `grain` at a time, up to the next multiple of `grain`; then it steals from the end of
/// other ranges. One thread at a time may call this; `body` must not call back into the pool.
/// `count` is below 2^31.
void thread_pool_run(ThreadPool *_Nonnull pool,
                     void (*_Nonnull body)(void *_Nullable context, ptrdiff_t begin,
                                           ptrdiff_t end),
                     void *_Nullable context, ptrdiff_t count, ptrdiff_t grain);

/// The worker number of the calling thread: 0 for the thread that calls `thread_pool_run`, 1 and up
/// for the others. It is below the pool's thread count: an index for per-thread workspace.
int thread_pool_worker(void);
