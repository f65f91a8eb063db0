// modules.cpp - programs and kernels of the stand-in for libcuda. An image is a shared library of
// the host (compiler.cpp).
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "driver.h"
#include "fibers.h"

using namespace standin;

namespace {

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

}  // namespace

STANDIN_API int cuModuleLoadData(Module **module, const void *image) {
  NEEDS_CONTEXT;
  CANNOT_BE_CAPTURED;
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
  CANNOT_BE_CAPTURED;
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
      case Outcome::misalignedAddress: return misalignedAddress;
      case Outcome::illegalInstruction: return illegalInstruction;
      case Outcome::divergentBarrier: return launchFailed;
    }
  });
}
