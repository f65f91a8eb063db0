// driver.cpp - a stand-in for libcuda, over the host's memory. It follows the CUDA Driver API and
// is stricter where the real driver is silent: copies past a buffer, handles that were destroyed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <map>
#include <set>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "fibers.h"
#include "stream.h"

namespace standin {

std::recursive_mutex lock;

namespace {

struct Event {
  int pending = 0;
  bool isRecorded = false;
  double seconds = 0;
  Stream *stream = nullptr;
};
struct Module;
struct Function {
  void (*kernel)(void **);
  int count, largestGroup;
  int sizes[64];
  Place **place;
};
struct Module {
  void *library;
  std::vector<Function *> functions;
};
struct Buffer {
  char *pages;
  size_t pageBytes, byteCount;
};

bool isInitialized;
int contextHandle;
thread_local bool isCurrent;
std::set<void *> live;
std::set<Stream *> streams;
std::map<uint64_t, Buffer> buffers;
size_t heldBytes;
const size_t memoryBytes = (size_t)80 << 30;

#define LOCKED std::lock_guard<std::recursive_mutex> guard(lock)
#define NEEDS_CONTEXT                        \
  LOCKED;                                    \
  if (!isInitialized) return notInitialized; \
  if (!isCurrent) return invalidContext
#define NEEDS(HANDLE) \
  if (!live.count(HANDLE)) return invalidHandle

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

template <class Handle>
Status make(Handle **to, Handle *handle) {
  live.insert(handle);
  *to = handle;
  return success;
}

void runOne(Stream *stream) {
  auto command = std::move(stream->commands.front());
  stream->commands.pop_front();
  const Status status = command();
  if (stream->failure == success) stream->failure = status;
}

Status drain(Stream *stream) {
  while (!stream->commands.empty()) runOne(stream);
  return stream->failure;
}

void drainAll() {
  for (Stream *stream : streams) drain(stream);
}

}  // namespace

Status enqueue(Stream *stream, std::function<Status()> command) {
  NEEDS(stream);
  if (stream->failure != success) return stream->failure;
  stream->commands.push_back([stream, command] {
    return stream->failure == success ? command() : success;
  });
  return success;
}

bool isWithinBuffer(uint64_t address, size_t count) {
  auto next = buffers.upper_bound(address);
  if (next == buffers.begin()) return false;
  --next;
  return address + count <= next->first + next->second.byteCount;
}

}  // namespace standin

using namespace standin;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;

// Initialisation and devices.

STANDIN_API int cuInit(unsigned flags) {
  LOCKED;
  if (flags) return invalidValue;
  isInitialized = true;
  return success;
}
STANDIN_API int cuDriverGetVersion(int *version) {
  *version = 13000;
  return success;
}
STANDIN_API int cuGetErrorName(int status, const char **name) {
  static const std::map<int, const char *> names = {
      {success, "CUDA_SUCCESS"},
      {invalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {notInitialized, "CUDA_ERROR_NOT_INITIALIZED"},
      {invalidDevice, "CUDA_ERROR_INVALID_DEVICE"},
      {invalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {invalidContext, "CUDA_ERROR_INVALID_CONTEXT"},
      {invalidHandle, "CUDA_ERROR_INVALID_HANDLE"},
      {notFound, "CUDA_ERROR_NOT_FOUND"},
      {notReady, "CUDA_ERROR_NOT_READY"},
      {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {launchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
      {launchFailed, "CUDA_ERROR_LAUNCH_FAILED"}};
  auto found = names.find(status);
  if (found == names.end()) return invalidValue;
  *name = found->second;
  return success;
}
STANDIN_API int cuDeviceGetCount(int *count) {
  LOCKED;
  if (!isInitialized) return notInitialized;
  *count = 1;
  return success;
}
STANDIN_API int cuDeviceGet(CUdevice *device, int index) {
  if (index) return invalidDevice;
  *device = 0;
  return success;
}
STANDIN_API int cuDeviceGetName(char *name, int capacity, CUdevice) {
  snprintf(name, capacity, "CUDA stand-in");
  return success;
}
STANDIN_API int cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  *bytes = memoryBytes;
  return success;
}
STANDIN_API int cuDeviceGetAttribute(int *value, int attribute, CUdevice) {
  // Those of an H100.
  static const std::map<int, int> values = {{1, 1024}, {8, 49152}, {13, 1980000}, {16, 132},
                                            {18, 0},   {75, 9},    {76, 0}};
  auto found = values.find(attribute);
  if (found == values.end()) return invalidValue;
  *value = found->second;
  return success;
}
STANDIN_API int cuDevicePrimaryCtxRetain(void **context, CUdevice) {
  LOCKED;
  if (!isInitialized) return notInitialized;
  *context = &contextHandle;
  return success;
}
STANDIN_API int cuCtxSetCurrent(void *context) {
  if (context && context != &contextHandle) return invalidContext;
  isCurrent = context != nullptr;
  return success;
}

// Streams and events.

STANDIN_API int cuStreamCreate(Stream **stream, unsigned) {
  NEEDS_CONTEXT;
  make(stream, new Stream);
  streams.insert(*stream);
  return success;
}
STANDIN_API int cuStreamDestroy_v2(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  drain(stream);
  streams.erase(stream);
  live.erase(stream);
  delete stream;
  return success;
}
STANDIN_API int cuStreamSynchronize(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  return drain(stream);
}
STANDIN_API int cuStreamQuery(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  if (!stream->commands.empty()) runOne(stream);
  if (stream->failure != success) return stream->failure;
  return stream->commands.empty() ? success : notReady;
}
STANDIN_API int cuEventCreate(Event **event, unsigned) {
  NEEDS_CONTEXT;
  return make(event, new Event);
}
STANDIN_API int cuEventDestroy_v2(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  live.erase(event);
  // An event may be destroyed before the stream reaches it.
  if (event->pending) drain(event->stream);
  delete event;
  return success;
}
STANDIN_API int cuEventRecord(Event *event, Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(event);
  NEEDS(stream);
  const Status status = enqueue(stream, [event] {
    event->seconds = now();
    event->pending--;
    return success;
  });
  if (status != success) return status;
  event->pending++;
  event->isRecorded = true;
  event->stream = stream;
  return success;
}
STANDIN_API int cuEventQuery(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  if (event->pending) runOne(event->stream);
  if (event->stream && event->stream->failure != success) return event->stream->failure;
  return event->pending ? notReady : success;
}
STANDIN_API int cuEventSynchronize(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  while (event->pending && event->stream->failure == success) runOne(event->stream);
  return event->stream ? event->stream->failure : success;
}
STANDIN_API int cuEventElapsedTime(float *milliseconds, Event *start, Event *end) {
  NEEDS_CONTEXT;
  NEEDS(start);
  NEEDS(end);
  if (!start->isRecorded || !end->isRecorded) return invalidHandle;
  if (start->pending || end->pending) return notReady;
  *milliseconds = (float)((end->seconds - start->seconds) * 1e3);
  return success;
}

// Memory. A page that may not be touched stands before and behind every buffer, and a buffer begins
// as NaN.

STANDIN_API int cuMemAlloc_v2(CUdeviceptr *address, size_t count) {
  NEEDS_CONTEXT;
  if (!count) return invalidValue;
  if (count > memoryBytes - heldBytes) return outOfMemory;
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
  buffers[*address] = {pages, all, count};
  heldBytes += count;
  return success;
}
STANDIN_API int cuMemFree_v2(CUdeviceptr address) {
  NEEDS_CONTEXT;
  auto found = buffers.find(address);
  if (found == buffers.end()) return invalidValue;
  drainAll();
  munmap(found->second.pages, found->second.pageBytes);
  heldBytes -= found->second.byteCount;
  buffers.erase(found);
  return success;
}
STANDIN_API int cuMemGetInfo_v2(size_t *free, size_t *total) {
  NEEDS_CONTEXT;
  *free = memoryBytes - heldBytes;
  *total = memoryBytes;
  return success;
}
STANDIN_API int cuMemHostAlloc(void **memory, size_t count, unsigned) {
  NEEDS_CONTEXT;
  return make(memory, aligned_alloc(4096, (count + 4095) / 4096 * 4096));
}
STANDIN_API int cuMemFreeHost(void *memory) {
  NEEDS_CONTEXT;
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
    memmove((void *)to, (const void *)from, count);
    return success;
  });
}

template <class Pattern>
static Status fill(CUdeviceptr to, Pattern pattern, size_t count, Stream *stream) {
  if (to % sizeof(Pattern) || !isWithinBuffer(to, count * sizeof(Pattern))) return invalidValue;
  return enqueue(stream, [=] {
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

// Modules and kernels. An image is a shared library of the host (compiler.cpp).

STANDIN_API int cuModuleLoadData(Module **module, const void *image) {
  NEEDS_CONTEXT;
  uint64_t size;
  if (memcmp(image, "STANDIN1", 8)) return invalidImage;
  memcpy(&size, (const char *)image + 8, 8);
  const int file = memfd_create("kernels", MFD_CLOEXEC);
  if (file < 0) return invalidImage;
  const bool isWritten = write(file, (const char *)image + 16, size) == (ssize_t)size;
  // glibc tells libraries apart by their names, and a descriptor's number is used again.
  static int loaded = 0;
  char path[64], name[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  snprintf(name, sizeof name, "/tmp/standin-%d-%d.so", getpid(), loaded++);
  const bool isLinked = isWritten && symlink(path, name) == 0;
  void *library = isLinked ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (isLinked && !library) fprintf(stderr, "stand-in: %s\n", dlerror());
  unlink(name);
  close(file);
  if (!library) return invalidImage;
  return make(module, new Module{library, {}});
}
STANDIN_API int cuModuleUnload(Module *module) {
  NEEDS_CONTEXT;
  NEEDS(module);
  drainAll();
  for (Function *function : module->functions) {
    live.erase(function);
    delete function;
  }
  live.erase(module);
  dlclose(module->library);
  delete module;
  return success;
}
STANDIN_API int cuModuleGetFunction(Function **function, Module *module, const char *name) {
  NEEDS_CONTEXT;
  NEEDS(module);
  auto symbol = [&](const char *prefix) {
    return dlsym(module->library, (std::string(prefix) + name).c_str());
  };
  auto kernel = (void (*)(void **))symbol("standin_call_");
  if (!kernel) return notFound;
  auto made = new Function{kernel, 0, 0, {}, (Place **)dlsym(module->library, "standin_place")};
  made->count = ((int (*)(int *))symbol("standin_sizes_"))(made->sizes);
  made->largestGroup = ((int (*)())symbol("standin_items_"))();
  module->functions.push_back(made);
  return make(function, made);
}
STANDIN_API int cuFuncGetAttribute(int *value, int, Function *function) {
  NEEDS_CONTEXT;
  NEEDS(function);
  *value = 0;  // a host's library says nothing of registers and shared memory
  return success;
}
STANDIN_API int cuFuncGetParamInfo(Function *function, size_t index, size_t *offset,
                                   size_t *size) {
  NEEDS_CONTEXT;
  NEEDS(function);
  if (index >= (size_t)function->count) return invalidValue;
  // Every argument is a number or a pointer: its alignment is its size.
  size_t end = 0;
  for (size_t i = 0; i <= index; i++) {
    *size = function->sizes[i];
    *offset = (end + *size - 1) / *size * *size;
    end = *offset + *size;
  }
  return success;
}
STANDIN_API int cuLaunchKernel(Function *function, unsigned groupsX, unsigned groupsY,
                               unsigned groupsZ, unsigned itemsX, unsigned itemsY, unsigned itemsZ,
                               unsigned sharedBytes, Stream *stream, void **parameters,
                               void **extra) {
  NEEDS_CONTEXT;
  NEEDS(function);
  const uint64_t items = (uint64_t)itemsX * itemsY * itemsZ;
  if (!groupsX || !groupsY || !groupsZ || !items || sharedBytes > 49152) return invalidValue;
  if (groupsX > 0x7fffffff || groupsY > 65535 || groupsZ > 65535) return invalidValue;
  if (items > 1024) return invalidValue;
  if (items > (uint64_t)function->largestGroup) return launchOutOfResources;
  const char *packed = nullptr;
  size_t packedBytes = 0;
  for (int i = 0; extra && extra[i]; i += 2) {
    if (extra[i] == (void *)1) packed = (const char *)extra[i + 1];
    if (extra[i] == (void *)2) packedBytes = *(size_t *)extra[i + 1];
  }
  if (function->count && !packed && !parameters) return invalidValue;
  // Arguments are copied at the launch.
  std::vector<uint64_t> arguments(function->count);
  for (int i = 0; i < function->count; i++) {
    size_t offset, size;
    cuFuncGetParamInfo(function, i, &offset, &size);
    if (size > 8 || (packed && offset + size > packedBytes)) return invalidValue;
    memcpy(&arguments[i], packed ? packed + offset : parameters[i], size);
  }
  return enqueue(stream, [=]() mutable {
    std::vector<void *> addresses;
    for (auto &argument : arguments) addresses.push_back(&argument);
    switch (runGrid(function->place, function->kernel, addresses.data(),
                    {groupsX, groupsY, groupsZ}, {itemsX, itemsY, itemsZ})) {
      case Outcome::done: return success;
      case Outcome::illegalAddress: return illegalAddress;
      case Outcome::divergentBarrier: return launchFailed;
    }
  });
}
