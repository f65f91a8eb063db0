#include "thread_pool.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { SPINS_BEFORE_PARKING = 4000 };  // some 50 to 100 microseconds

// `state` holds the number of helper threads, an open flag and the run number. A thread that wakes
// late finds the run closed and does not join, so the caller does not wait for it.
#define HELPING 0xffffull
#define OPEN 0x10000ull
#define RUN_NUMBER(state) ((state) >> 17)

// The indices left to a thread, begin << 32 | end, on their own cache line.
typedef struct IndexRange {
  _Alignas(64) _Atomic uint64_t rest;
} IndexRange;

#define RANGE(begin, end) ((uint64_t)(begin) << 32 | (uint64_t)(end))
#define BEGIN(rest) ((ptrdiff_t)((rest) >> 32))
#define END(rest) ((ptrdiff_t)((rest) & 0xffffffffu))

struct ThreadPool {
  int workers;  // threads besides the caller's
  pthread_t *threads;
  pthread_mutex_t mutex;
  pthread_cond_t wake;  // of parked helpers
  pthread_cond_t done;  // of a caller that waits for the last helper
  _Atomic uint64_t state;
  _Atomic int parked;
  _Atomic bool is_awaited;
  _Atomic bool ending;
  // The current run.
  void (*body)(void *, ptrdiff_t, ptrdiff_t);
  void *context;
  ptrdiff_t grain;
  IndexRange *ranges;       // by worker
  _Atomic int next_worker;  // worker numbers assigned so far
};

static _Thread_local int worker = 0;

int thread_pool_worker(void) { return worker; }

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Takes indices from the start of the thread's own range, or steals from the end of another's.
/// False if none are left.
static bool take(IndexRange *range, ptrdiff_t grain, bool own, ptrdiff_t *begin, ptrdiff_t *end) {
  uint64_t rest = atomic_load_explicit(&range->rest, memory_order_relaxed);
  while (BEGIN(rest) < END(rest)) {
    *begin = BEGIN(rest);
    *end = END(rest);
    uint64_t left;
    if (own) {
      const ptrdiff_t next = (*begin / grain + 1) * grain;
      if (next < *end) *end = next;
      left = RANGE(*end, END(rest));
    } else {
      const ptrdiff_t last = (*end - 1) / grain * grain;
      if (last > *begin) *begin = last;
      left = RANGE(BEGIN(rest), *begin);
    }
    if (atomic_compare_exchange_weak_explicit(&range->rest, &rest, left, memory_order_relaxed,
                                              memory_order_relaxed))
      return true;
  }
  return false;
}

static void take_indices(ThreadPool *pool) {
  const int threads = pool->workers + 1;
  ptrdiff_t begin, end;
  for (int i = 0; i < threads; i++) {
    IndexRange *range = &pool->ranges[(worker + i) % threads];
    while (take(range, pool->grain, i == 0, &begin, &end)) pool->body(pool->context, begin, end);
  }
}

static bool has_news(ThreadPool *pool, uint64_t seen) {
  uint64_t state = atomic_load(&pool->state);
  return atomic_load(&pool->ending) || ((state & OPEN) && RUN_NUMBER(state) != seen);
}

static void park(ThreadPool *pool, uint64_t seen) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->parked, 1);
  while (!has_news(pool, seen)) pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->parked, 1);
  pthread_mutex_unlock(&pool->mutex);
}

/// Ends a helper's part of a run.
static void finish_helping(ThreadPool *pool) {
  const uint64_t before = atomic_fetch_sub(&pool->state, 1);
  if ((before & HELPING) > 1 || !atomic_load(&pool->is_awaited)) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->done);
  pthread_mutex_unlock(&pool->mutex);
}

/// Waits until no thread helps. If another program has taken a helper's core, the caller gives up
/// its own after a while, so that the helper can go on there.
static void wait_for_helpers(ThreadPool *pool) {
  for (int spins = 0; spins < SPINS_BEFORE_PARKING; spins++) {
    if (!(atomic_load(&pool->state) & HELPING)) return;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->is_awaited, true);
  while (atomic_load(&pool->state) & HELPING) pthread_cond_wait(&pool->done, &pool->mutex);
  atomic_store(&pool->is_awaited, false);
  pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *argument) {
  ThreadPool *pool = argument;
  worker = atomic_fetch_add(&pool->next_worker, 1) + 1;
  uint64_t seen = 0;
  for (;;) {
    for (int spins = 0; !has_news(pool, seen); spins++) {
      if (spins < SPINS_BEFORE_PARKING) pause_briefly();
      else park(pool, seen);
    }
    if (atomic_load(&pool->ending)) return NULL;
    uint64_t state = atomic_load(&pool->state);
    if (!(state & OPEN) || RUN_NUMBER(state) == seen) continue;
    if (!atomic_compare_exchange_strong(&pool->state, &state, state + 1)) continue;
    seen = RUN_NUMBER(state);
    take_indices(pool);
    finish_helping(pool);
  }
}

static void wake_parked(ThreadPool *pool) {
  if (atomic_load(&pool->parked) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }
}

ThreadPool *thread_pool_create(int threads) {
  ThreadPool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->done, NULL);
  int wanted = threads > 1 ? threads - 1 : 0;
  pool->threads = wanted ? calloc((size_t)wanted, sizeof *pool->threads) : NULL;
  pool->ranges = aligned_alloc(_Alignof(IndexRange), (size_t)(wanted + 1) * sizeof(IndexRange));
  while (pool->workers < wanted && pool->threads && pool->ranges &&
         pthread_create(&pool->threads[pool->workers], NULL, work, pool) == 0)
    pool->workers++;
  if (pool->workers < wanted) {
    thread_pool_destroy(pool);
    return NULL;
  }
  return pool;
}

void thread_pool_destroy(ThreadPool *pool) {
  atomic_store(&pool->ending, true);
  wake_parked(pool);
  for (int i = 0; i < pool->workers; i++) pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool->ranges);
  free(pool);
}

void thread_pool_run(ThreadPool *pool, void (*body)(void *, ptrdiff_t, ptrdiff_t), void *context,
                     ptrdiff_t count, ptrdiff_t grain) {
  if (count <= 0) return;
  if (pool->workers == 0 || count == 1) {
    for (ptrdiff_t i = 0; i < count; i += grain)
      body(context, i, count - i < grain ? count : i + grain);
    return;
  }
  pool->body = body;
  pool->context = context;
  pool->grain = grain;
  const ptrdiff_t threads = pool->workers + 1;
  for (ptrdiff_t i = 0; i < threads; i++)
    atomic_store_explicit(&pool->ranges[i].rest,
                          RANGE(i * count / threads, (i + 1) * count / threads),
                          memory_order_relaxed);
  uint64_t run = RUN_NUMBER(atomic_load(&pool->state)) + 1;
  atomic_store(&pool->state, run << 17 | OPEN);
  wake_parked(pool);
  take_indices(pool);
  atomic_fetch_and(&pool->state, ~OPEN);
  wait_for_helpers(pool);
}
