#include "thread_pool.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { SPINS_BEFORE_PARKING = 4000 };  // some 50 to 100 microseconds

// `state` holds the count of helping threads, whether the run takes more of them, and the run's number.
// A thread that wakes late finds the run closed and keeps out, so nobody waits for it.
#define HELPING 0xffffull
#define OPEN 0x10000ull
#define RUN_NUMBER(state) ((state) >> 17)

struct ThreadPool {
  int workers;  // threads beside the caller's
  pthread_t *threads;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  _Atomic uint64_t state;
  _Atomic int parked;
  _Atomic bool ending;
  // The run under way.
  void (*body)(void *, ptrdiff_t);
  void *context;
  ptrdiff_t count;
  _Atomic ptrdiff_t next;
  _Atomic int places;  // given out to threads
};

static _Thread_local int place = 0;

int thread_pool_place(void) { return place; }

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_indices(ThreadPool *pool) {
  for (;;) {
    ptrdiff_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (index >= pool->count) return;
    pool->body(pool->context, index);
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

static void *work(void *argument) {
  ThreadPool *pool = argument;
  place = atomic_fetch_add(&pool->places, 1) + 1;
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
    atomic_fetch_sub(&pool->state, 1);
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
  int wanted = threads > 1 ? threads - 1 : 0;
  pool->threads = wanted ? calloc((size_t)wanted, sizeof *pool->threads) : NULL;
  while (pool->workers < wanted && pool->threads &&
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
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool);
}

void thread_pool_run(ThreadPool *pool, void (*body)(void *, ptrdiff_t), void *context,
                     ptrdiff_t count) {
  if (pool->workers == 0 || count <= 1) {
    for (ptrdiff_t i = 0; i < count; i++) body(context, i);
    return;
  }
  pool->body = body;
  pool->context = context;
  pool->count = count;
  atomic_store(&pool->next, 0);
  uint64_t run = RUN_NUMBER(atomic_load(&pool->state)) + 1;
  atomic_store(&pool->state, run << 17 | OPEN);
  wake_parked(pool);
  take_indices(pool);
  atomic_fetch_and(&pool->state, ~OPEN);
  while (atomic_load(&pool->state) & HELPING) pause_briefly();
}
