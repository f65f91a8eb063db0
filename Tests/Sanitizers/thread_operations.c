// The pool of threads: every index once, whatever count, grain and threads.
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned char *taken;

static void mark(void *context, ptrdiff_t begin, ptrdiff_t end) {
  const int place = thread_pool_worker();
  if (place < 0 || place >= *(int *)context) {
    fprintf(stderr, "thread %d of %d\n", place, *(int *)context);
    exit(1);
  }
  // Not atomic: a sanitizer reports an index that two threads take.
  for (ptrdiff_t i = begin; i < end; i++) taken[i]++;
}

void thread_operations(void) {
  int threads = (int)pick(1, 5);
  ThreadPool *pool = thread_pool_create(threads);
  if (!pool) {
    fprintf(stderr, "no pool of %d threads can be made\n", threads);
    exit(1);
  }
  for (ptrdiff_t run = 0; run < 20; run++) {
    const ptrdiff_t count = pick(0, 1) ? pick(0, 20) : pick(0, 5000), grain = pick(1, 9);
    taken = calloc((size_t)count + 1, 1);
    if (!taken) exit(1);
    thread_pool_run(pool, mark, &threads, count, grain);
    for (ptrdiff_t i = 0; i < count; i++)
      if (taken[i] != 1) {
        fprintf(stderr, "index %td of %td was taken %d times\n", i, count, taken[i]);
        exit(1);
      }
    free(taken);
    calls++;
  }
  thread_pool_destroy(pool);
}
