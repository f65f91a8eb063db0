#define _POSIX_C_SOURCE 200809L
#include "mapped_files.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Records are linked once and never freed, so that the signal handler may walk them at any moment; one that is no longer
// in use serves the next file.
struct MappedRange {
  _Atomic bool in_use;
  uintptr_t base;
  size_t length;
  char *path;
  MappedRange *next;
};

static _Atomic(MappedRange *) first = NULL;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *line_prefix = "";
static int fault_exit_code = 1;

/// The path without control characters: it may be a name that a server chose.
static char *printable_copy(const char *path) {
  char *copy = strdup(path);
  for (char *c = copy; c && *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  return copy;
}

MappedRange *mapped_files_add(const void *base, size_t length, const char *path) {
  char *copy = printable_copy(path);
  if (!copy) return NULL;
  pthread_mutex_lock(&mutex);
  MappedRange *range = atomic_load(&first);
  while (range && atomic_load(&range->in_use)) range = range->next;
  const bool is_new = !range;
  if (is_new) range = calloc(1, sizeof *range);
  if (range) {
    free(range->path);
    range->base = (uintptr_t)base;
    range->length = length;
    range->path = copy;
    if (is_new) range->next = atomic_load(&first);
    atomic_store(&range->in_use, true);
    if (is_new) atomic_store(&first, range);
  } else {
    free(copy);
  }
  pthread_mutex_unlock(&mutex);
  return range;
}

void mapped_files_remove(MappedRange *range) {
  if (range) atomic_store(&range->in_use, false);
}

static void put(const char *text) {
  size_t rest = strlen(text);
  while (rest > 0) {
    const ssize_t count = write(STDERR_FILENO, text, rest);
    if (count <= 0) return;
    text += count;
    rest -= (size_t)count;
  }
}

// Only calls that are safe inside a signal handler.
static void report_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  const uintptr_t address = (uintptr_t)info->si_addr;
  for (MappedRange *range = atomic_load(&first); range; range = range->next) {
    if (!atomic_load(&range->in_use) || address - range->base >= range->length) continue;
    put(line_prefix);
    put(range->path);
    put(": cannot be read any more: the file became shorter while it was in use, or its disk failed\n");
    _exit(fault_exit_code);
  }
  // The access is repeated, and then ends the process as it would have without this handler.
  signal(number, SIG_DFL);
}

void mapped_files_report_faults(const char *prefix, int exit_code) {
  line_prefix = prefix;
  fault_exit_code = exit_code;
  struct sigaction action = {.sa_sigaction = report_fault, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}
