// memory.cpp - the memory of the stand-in for libcuda. It is stricter than the real driver: a copy
// past a buffer is refused.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

#include "driver.h"

namespace standin {
namespace {

struct Buffer {
  char *pages;
  size_t pageBytes, byteCount;
  int device;
};

std::map<uint64_t, Buffer> buffers;
std::map<int, size_t> held;  // by device
const size_t memoryBytes = (size_t)80 << 30;

}  // namespace

bool isWithinBuffer(uint64_t address, size_t count) {
  auto next = buffers.upper_bound(address);
  if (next == buffers.begin()) return false;
  --next;
  return next->second.device == current &&
         address + count <= next->first + next->second.byteCount;
}

}  // namespace standin

using namespace standin;

// A page that may not be touched stands before and behind every buffer, and a buffer begins as NaN.

STANDIN_API int cuMemAlloc_v2(CUdeviceptr *address, size_t count) {
  NEEDS_CONTEXT;
  CANNOT_BE_CAPTURED;
  if (!count) return invalidValue;
  if (count > memoryBytes - held[current]) return outOfMemory;
  const size_t page = 4096, size = (count + page - 1) / page * page, all = size + 2 * page;
  char *pages = (char *)mmap(nullptr, all, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return outOfMemory;
  mprotect(pages, page, PROT_NONE);
  mprotect(pages + page + size, page, PROT_NONE);
  // The real driver aligns to 256 bytes.
  char *start = pages + page + (size - count) / 256 * 256;
  // Large buffers are mostly left untouched by tests, so that they take no memory.
  memset(start, 0xff, std::min(count, (size_t)64 << 20));
  *address = (CUdeviceptr)start;
  buffers[*address] = {pages, all, count, current};
  held[current] += count;
  return success;
}
STANDIN_API int cuMemFree_v2(CUdeviceptr address) {
  NEEDS_CONTEXT;
  CANNOT_BE_CAPTURED;
  auto found = buffers.find(address);
  if (found == buffers.end() || found->second.device != current) return invalidValue;
  drainAll();
  munmap(found->second.pages, found->second.pageBytes);
  held[current] -= found->second.byteCount;
  buffers.erase(found);
  return success;
}
STANDIN_API int cuMemGetInfo_v2(size_t *free, size_t *total) {
  NEEDS_CONTEXT;
  *free = memoryBytes - held[current];
  *total = memoryBytes;
  return success;
}
STANDIN_API int cuMemHostAlloc(void **memory, size_t count, unsigned) {
  NEEDS_CONTEXT;
  CANNOT_BE_CAPTURED;
  return make(memory, aligned_alloc(4096, (count + 4095) / 4096 * 4096));
}
STANDIN_API int cuMemFreeHost(void *memory) {
  NEEDS_CONTEXT;
  CANNOT_BE_CAPTURED;
  NEEDS(memory);
  drainAll();
  live.erase(memory);
  free(memory);
  return success;
}
STANDIN_API int cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t count,
                                     Stream *stream) {
  NEEDS_CONTEXT;
  if (!isWithinBuffer(to, count)) return invalidValue;
  return enqueue(stream, [=] {
    memcpy((void *)to, from, count);
    return success;
  });
}
STANDIN_API int cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t count, Stream *stream) {
  NEEDS_CONTEXT;
  if (!isWithinBuffer(from, count)) return invalidValue;
  return enqueue(stream, [=] {
    memcpy(to, (const void *)from, count);
    return success;
  });
}
STANDIN_API int cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t count,
                                     Stream *stream) {
  NEEDS_CONTEXT;
  if (!isWithinBuffer(to, count) || !isWithinBuffer(from, count)) return invalidValue;
  return enqueue(stream, [=] {
    // A graph may copy between buffers that were freed since.
    if (!isWithinBuffer(to, count) || !isWithinBuffer(from, count)) return illegalAddress;
    memmove((void *)to, (const void *)from, count);
    return success;
  });
}

template <class Pattern>
static Status fill(CUdeviceptr to, Pattern pattern, size_t count, Stream *stream) {
  if (to % sizeof(Pattern) || !isWithinBuffer(to, count * sizeof(Pattern))) return invalidValue;
  return enqueue(stream, [=] {
    if (!isWithinBuffer(to, count * sizeof(Pattern))) return illegalAddress;
    std::fill_n((Pattern *)to, count, pattern);
    return success;
  });
}
STANDIN_API int cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, Stream *stream) {
  NEEDS_CONTEXT;
  return fill(to, value, count, stream);
}
STANDIN_API int cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count,
                                 Stream *stream) {
  NEEDS_CONTEXT;
  return fill(to, value, count, stream);
}
STANDIN_API int cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, Stream *stream) {
  NEEDS_CONTEXT;
  return fill(to, value, count, stream);
}
