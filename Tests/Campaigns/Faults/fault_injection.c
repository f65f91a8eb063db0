// Makes one file operation of a program fail, or ends the program there: a library for LD_PRELOAD, built by `pith-campaign
// faults` and no part of the product.
//
// Counted, from 1, are the calls of libc below that concern the folder PITH_FAULT_FOLDER or what is in it.
//
//   PITH_FAULT_TRACE   a file: a line `number kind call path` for each of them; kind is create, change, write, sync or read
//   PITH_FAULT_AT      the number of the call that fails; 0 for none
//   PITH_FAULT_KIND    kill       the program is ended before the call
//                      torn       half of the bytes are written, and the program is ended
//                      full       half of the bytes are written; then, and in all later calls that need room, ENOSPC
//                      io         this call alone gives EIO
//                      readonly   this and all later calls that change something give EROFS
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum Kind { CREATE, CHANGE, WRITE, SYNC, READ };
static const char *const kind_names[] = {"create", "change", "write", "sync", "read"};

static atomic_long counter;

static long failing_call(void) {
  const char *text = getenv("PITH_FAULT_AT");
  return text ? strtol(text, NULL, 10) : 0;
}

static bool is_fault(const char *name) {
  const char *kind = getenv("PITH_FAULT_KIND");
  return kind && strcmp(kind, name) == 0;
}

/// Whether the path that a descriptor or a folder's descriptor and a name stand for is inside the folder.
static bool concerns(int descriptor, const char *name, char path[PATH_MAX]) {
  const char *folder = getenv("PITH_FAULT_FOLDER");
  if (!folder) return false;
  path[0] = 0;
  if (name && name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else {
    char link[64];
    if (descriptor == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) return false;
    path[length] = 0;
    if (name) {
      const size_t used = strlen(path);
      snprintf(path + used, PATH_MAX - used, "/%s", name);
    }
  }
  const size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/// 0 where the call may go on, else the error that it gives. A torn or full write says so in `half`.
static int fault(enum Kind kind, const char *call, int descriptor, const char *name, bool *half) {
  char path[PATH_MAX];
  const int before = errno;
  if (!concerns(descriptor, name, path)) {
    errno = before;
    return 0;
  }
  const long number = atomic_fetch_add(&counter, 1) + 1;
  const char *trace = getenv("PITH_FAULT_TRACE");
  if (trace) {
    char line[PATH_MAX + 64];
    const int length =
        snprintf(line, sizeof line, "%ld %s %s %s\n", number, kind_names[kind], call, path);
    const int file = (int)syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file >= 0) {
      syscall(SYS_write, file, line, (size_t)length);
      syscall(SYS_close, file);
    }
  }
  errno = before;
  const long at = failing_call();
  if (at == 0 || number < at) return 0;
  const bool now = number == at;
  if (now && is_fault("kill")) raise(SIGKILL);
  if (now && is_fault("torn") && half) *half = true;
  if (now && is_fault("io")) return EIO;
  if (is_fault("full") && (kind == CREATE || kind == WRITE)) {
    if (!now || !half) return ENOSPC;
    *half = true;
  }
  return is_fault("readonly") && kind != READ && kind != SYNC ? EROFS : 0;
}

#define NEXT(NAME) ((__typeof__(&NAME))dlsym(RTLD_NEXT, #NAME))
#define FAIL_IF(ERROR)    \
  do {                    \
    const int e = ERROR;  \
    if (e) {              \
      errno = e;          \
      return -1;          \
    }                     \
  } while (0)

static enum Kind kind_of_open(int flags) {
  if (flags & O_CREAT) return CREATE;
  return (flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC) ? READ : CHANGE;
}

#define MODE(FLAGS)                                       \
  mode_t mode = 0;                                        \
  if ((FLAGS) & O_CREAT) {                                \
    va_list list;                                         \
    va_start(list, FLAGS);                                \
    mode = va_arg(list, mode_t);                          \
    va_end(list);                                         \
  }

#define OPEN(NAME)                                                                        \
  int NAME(const char *path, int flags, ...) {                                            \
    MODE(flags)                                                                           \
    FAIL_IF(fault(kind_of_open(flags), #NAME, AT_FDCWD, path, NULL));                     \
    return NEXT(NAME)(path, flags, mode);                                                 \
  }
#define OPEN_AT(NAME)                                                                     \
  int NAME(int folder, const char *path, int flags, ...) {                                \
    MODE(flags)                                                                           \
    FAIL_IF(fault(kind_of_open(flags), #NAME, folder, path, NULL));                       \
    return NEXT(NAME)(folder, path, flags, mode);                                         \
  }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

int mkdir(const char *path, mode_t mode) {
  FAIL_IF(fault(CREATE, "mkdir", AT_FDCWD, path, NULL));
  return NEXT(mkdir)(path, mode);
}
int mkdirat(int folder, const char *path, mode_t mode) {
  FAIL_IF(fault(CREATE, "mkdirat", folder, path, NULL));
  return NEXT(mkdirat)(folder, path, mode);
}
int mkstemp(char *template) {
  FAIL_IF(fault(CREATE, "mkstemp", AT_FDCWD, template, NULL));
  return NEXT(mkstemp)(template);
}
int link(const char *from, const char *to) {
  FAIL_IF(fault(CREATE, "link", AT_FDCWD, to, NULL));
  return NEXT(link)(from, to);
}
int symlink(const char *from, const char *to) {
  FAIL_IF(fault(CREATE, "symlink", AT_FDCWD, to, NULL));
  return NEXT(symlink)(from, to);
}
int rename(const char *from, const char *to) {
  FAIL_IF(fault(CREATE, "rename", AT_FDCWD, to, NULL));
  return NEXT(rename)(from, to);
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  FAIL_IF(fault(CREATE, "renameat", to_folder, to, NULL));
  return NEXT(renameat)(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  FAIL_IF(fault(CREATE, "renameat2", to_folder, to, NULL));
  return NEXT(renameat2)(from_folder, from, to_folder, to, flags);
}
int unlink(const char *path) {
  FAIL_IF(fault(CHANGE, "unlink", AT_FDCWD, path, NULL));
  return NEXT(unlink)(path);
}
int unlinkat(int folder, const char *path, int flags) {
  FAIL_IF(fault(CHANGE, "unlinkat", folder, path, NULL));
  return NEXT(unlinkat)(folder, path, flags);
}
int rmdir(const char *path) {
  FAIL_IF(fault(CHANGE, "rmdir", AT_FDCWD, path, NULL));
  return NEXT(rmdir)(path);
}
int remove(const char *path) {
  FAIL_IF(fault(CHANGE, "remove", AT_FDCWD, path, NULL));
  return NEXT(remove)(path);
}
int ftruncate(int file, off_t length) {
  FAIL_IF(fault(CHANGE, "ftruncate", file, NULL, NULL));
  return NEXT(ftruncate)(file, length);
}
int ftruncate64(int file, off64_t length) {
  FAIL_IF(fault(CHANGE, "ftruncate64", file, NULL, NULL));
  return NEXT(ftruncate64)(file, length);
}
int fsync(int file) {
  FAIL_IF(fault(SYNC, "fsync", file, NULL, NULL));
  return NEXT(fsync)(file);
}
int fdatasync(int file) {
  FAIL_IF(fault(SYNC, "fdatasync", file, NULL, NULL));
  return NEXT(fdatasync)(file);
}

/// What a write of which half is done gives back, unless the program is ended there.
static ssize_t half_done(ssize_t written, size_t count) {
  if (is_fault("torn")) raise(SIGKILL);
  if (written <= 0 && count > 0) {
    errno = ENOSPC;
    return -1;
  }
  return written;
}

ssize_t write(int file, const void *bytes, size_t count) {
  bool half = false;
  FAIL_IF(fault(WRITE, "write", file, NULL, &half));
  if (half) return half_done(NEXT(write)(file, bytes, count / 2), count);
  return NEXT(write)(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  bool half = false;
  FAIL_IF(fault(WRITE, "pwrite", file, NULL, &half));
  if (half) return half_done(NEXT(pwrite)(file, bytes, count / 2, offset), count);
  return NEXT(pwrite)(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  bool half = false;
  FAIL_IF(fault(WRITE, "pwrite64", file, NULL, &half));
  if (half) return half_done(NEXT(pwrite64)(file, bytes, count / 2, offset), count);
  return NEXT(pwrite64)(file, bytes, count, offset);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  FAIL_IF(fault(WRITE, "writev", file, NULL, NULL));
  return NEXT(writev)(file, parts, count);
}
ssize_t read(int file, void *bytes, size_t count) {
  FAIL_IF(fault(READ, "read", file, NULL, NULL));
  return NEXT(read)(file, bytes, count);
}
ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  FAIL_IF(fault(READ, "pread", file, NULL, NULL));
  return NEXT(pread)(file, bytes, count, offset);
}
