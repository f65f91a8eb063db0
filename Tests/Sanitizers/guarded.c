#define _GNU_SOURCE
#include "guarded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define FORBID(FROM, BYTES) __asan_poison_memory_region(FROM, BYTES)
#define ALLOW(FROM, BYTES) __asan_unpoison_memory_region(FROM, BYTES)
#else
#define FORBID(FROM, BYTES)
#define ALLOW(FROM, BYTES)
#endif

enum { CANARY = 0xa5 };

typedef struct Pages {
  unsigned char *base;  // the first guard page
  size_t page, data;    // bytes of a guard page and of what lies between the two
  unsigned char *begin, *end;
} Pages;

static Pages pages[MAXIMUM_BUFFERS];
static int page_count = 0;
static bool at_end = true;
static uint64_t state = 0x9e3779b97f4a7c15ull;
ptrdiff_t calls = 0;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

ptrdiff_t pick(ptrdiff_t low, ptrdiff_t high) {
  return low + (ptrdiff_t)(next_random() % (uint64_t)(high - low + 1));
}

ptrdiff_t pick_size(ptrdiff_t low, ptrdiff_t high) {
  static const ptrdiff_t sizes[] = {1,  2,  3,  7,  8,  9,   15,  16,  17,  31,  32,
                                    33, 47, 48, 63, 64, 65, 127, 128, 129, 255, 257};
  const ptrdiff_t size = sizes[pick(0, (ptrdiff_t)(sizeof sizes / sizeof *sizes) - 1)];
  return pick(0, 2) && size >= low && size <= high ? size : pick(low, high);
}

void *guarded(size_t bytes, bool odd) {
  if (page_count == MAXIMUM_BUFFERS) {
    fprintf(stderr, "more than %d buffers in a round\n", MAXIMUM_BUFFERS);
    exit(1);
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t data = (bytes + (odd ? 1 : 0) + page - 1) / page * page + (bytes == 0 ? page : 0);
  unsigned char *base = mmap(NULL, data + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED || mprotect(base + page, data, PROT_READ | PROT_WRITE) != 0) {
    perror("mmap");
    exit(1);
  }
  memset(base + page, CANARY, data);
  Pages made = {.base = base, .page = page, .data = data};
  made.begin = at_end ? base + page + data - bytes - (odd ? 1 : 0) : base + page + (odd ? 1 : 0);
  made.end = made.begin + bytes;
  FORBID(base + page, (size_t)(made.begin - base) - page);
  FORBID(made.end, (size_t)(base + page + data - made.end));
  pages[page_count++] = made;
  return made.begin;
}

float *floats(ptrdiff_t count) {
  float *buffer = guarded((size_t)count * sizeof(float), false);
  for (ptrdiff_t i = 0; i < count; i++) buffer[i] = (float)pick(-2000, 2000) / 1000;
  return buffer;
}

float *fractions(ptrdiff_t count) {
  float *buffer = guarded((size_t)count * sizeof(float), false);
  for (ptrdiff_t i = 0; i < count; i++) buffer[i] = (float)pick(0, 1000) / 1000;
  return buffer;
}

int32_t *indices(ptrdiff_t count, ptrdiff_t below) {
  int32_t *buffer = guarded((size_t)count * sizeof(int32_t), false);
  for (ptrdiff_t i = 0; i < count; i++) buffer[i] = (int32_t)pick(0, below - 1);
  return buffer;
}

int32_t *distinct_indices(ptrdiff_t count, ptrdiff_t below) {
  int32_t *buffer = guarded((size_t)count * sizeof(int32_t), false);
  const ptrdiff_t shift = pick(0, below - 1);
  for (ptrdiff_t i = 0; i < count; i++) buffer[i] = (int32_t)((i + shift) % below);
  return buffer;
}

ptrdiff_t whole_blocks(ptrdiff_t count, int format) {
  const ptrdiff_t elements = weight_block_elements(format);
  return (count + elements - 1) / elements * elements;
}

/// Random bytes in a block, with f16 scales that keep its elements below 4.
static void fill_block(unsigned char *block, int format) {
  const ptrdiff_t bytes = weight_block_bytes(format);
  for (ptrdiff_t i = 0; i < bytes; i++) block[i] = (unsigned char)pick(0, 255);
  const bool is_signed = format == WEIGHT_Q6_K;
  const ptrdiff_t scale = is_signed ? 208 : 0;
  const bool has_minimum = format != WEIGHT_Q8_0 && format != WEIGHT_Q4_0 &&
                           format != WEIGHT_Q5_0 && format != WEIGHT_Q6_K;
  // Exponents of 2^-6, and of 2^-11 and 2^-12 where a second scale multiplies.
  const int exponent = is_signed ? 3 : format >= WEIGHT_Q4_K ? 4 : 9;
  for (int i = 0; i <= has_minimum; i++) {
    const uint16_t half = (uint16_t)(pick(0, 1) << 15 | exponent << 10 | pick(0, 1023));
    memcpy(block + scale + 2 * i, &half, 2);
  }
}

void *weights(ptrdiff_t count, int format) {
  unsigned char *buffer = guarded((size_t)weight_bytes(format, count), pick(0, 1));
  if (format >= WEIGHT_Q8_0) {
    for (ptrdiff_t at = 0; at < weight_bytes(format, count); at += weight_block_bytes(format))
      fill_block(buffer + at, format);
    return buffer;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    if (format == WEIGHT_F32) {
      const float value = (float)pick(-2000, 2000) / 1000;
      memcpy(buffer + i * 4, &value, 4);
    } else {
      // In both 16-bit types: a sign, and an exponent that keeps the number between 2^-3 and 2.
      const int exponent = format == WEIGHT_BF16 ? 124 : 12, bits = format == WEIGHT_BF16 ? 7 : 10;
      const uint16_t value = (uint16_t)(pick(0, 1) << 15 | (exponent + pick(0, 3)) << bits |
                                        pick(0, (1 << bits) - 1));
      memcpy(buffer + i * 2, &value, 2);
    }
  }
  return buffer;
}

const void *constant(void *buffer) {
  for (int i = 0; i < page_count; i++)
    if (pages[i].begin == buffer)
      mprotect(pages[i].base + pages[i].page, pages[i].data, PROT_READ);
  return buffer;
}

void release_buffers(void) {
  for (int i = 0; i < page_count; i++) {
    const Pages p = pages[i];
    ALLOW(p.base + p.page, p.data);
    for (const unsigned char *at = p.base + p.page; at < p.base + p.page + p.data; at++)
      if ((at < p.begin || at >= p.end) && *at != CANARY) {
        fprintf(stderr, "a byte beside a buffer of %td bytes was written, %td from its begin\n",
                p.end - p.begin, at - p.begin);
        exit(1);
      }
    munmap(p.base, p.data + 2 * p.page);
  }
  page_count = 0;
  at_end = !at_end;
}

void spread(void (*body)(void *, ptrdiff_t, ptrdiff_t), ptrdiff_t count) {
  static ThreadPool *pool = NULL;
  if (!pool) pool = thread_pool_create(THREADS);
  if (!pool) {
    fprintf(stderr, "no thread can be made\n");
    exit(1);
  }
  calls++;
  thread_pool_run(pool, body, NULL, count, pick(1, 4));
}

void expect_near(const char *name, double value, double expected, double magnitude) {
  if (fabs(value - expected) <= 1e-5 * (1 + magnitude)) return;
  fprintf(stderr, "%s gave %.9g, scalar arithmetic %.9g\n", name, value, expected);
  exit(1);
}
