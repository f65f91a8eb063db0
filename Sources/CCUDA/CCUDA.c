#define _GNU_SOURCE  // dladdr
#include "CCUDA.h"

#include <dlfcn.h>
#include <stdio.h>

#define NAME_OF(RESULT, NAME, ...) #NAME,
static const char *const driver_names[] = {CUDA_DRIVER_FUNCTIONS(NAME_OF)};
static const char *const compiler_names[] = {CUDA_COMPILER_FUNCTIONS(NAME_OF)};
static const char *const matmul_names[] = {CUDA_MATMUL_FUNCTIONS(NAME_OF)};

void *cuda_open(const char *library, char *reason, size_t capacity) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *message = dlerror();
    snprintf(reason, capacity, "%s", message ? message : "unknown reason");
  }
  return handle;
}

static const char *find(void *library, const char *const *names, size_t count, void **table) {
  for (size_t i = 0; i < count; i++)
    if (!(table[i] = dlsym(library, names[i]))) return names[i];
  return 0;
}

// A table is a struct of function pointers only, in the order of the names.
#define FIND(NAMES) find(library, NAMES, sizeof NAMES / sizeof *NAMES, (void **)table)

const char *cuda_find_driver(void *library, CUDADriver *table) { return FIND(driver_names); }
const char *cuda_find_compiler(void *library, CUDACompiler *table) { return FIND(compiler_names); }
const char *cuda_find_matmul(void *library, CUDAMatmul *table) { return FIND(matmul_names); }

void cuda_library_path(void *library, const char *function, char *path, size_t capacity) {
  Dl_info info;
  void *address = dlsym(library, function);
  const int is_found = address && dladdr(address, &info) && info.dli_fname;
  snprintf(path, capacity, "%s", is_found ? info.dli_fname : "");
}

CUresult cuda_launch(cuLaunchKernel_function *launch, CUfunction function, CUDAExtent groups,
                     CUDAExtent items, CUstream stream, const void *arguments, size_t size) {
  // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END
  void *extra[] = {(void *)1, (void *)arguments, (void *)2, &size, 0};
  return launch(function, groups.x, groups.y, groups.z, items.x, items.y, items.z, 0, stream, 0,
                size == 0 ? 0 : extra);
}
