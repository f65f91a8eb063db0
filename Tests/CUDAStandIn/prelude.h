// prelude.h - the CUDA C++ that kernels use, for the host's clang: what NVRTC knows by itself.
//
// A work-group runs on one thread of the host, its work-items as fibers (fibers.h) that switch at
// barriers. Shared memory is static: only one work-group of a module runs at a time.
#pragma once
#define __global__
#define __launch_bounds__(...)
#define __device__
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))

struct dim3 {
  unsigned x, y, z;
};
struct Place {
  dim3 item, group, groups, items;
  void (*barrier)(void);
};
// The place of the work-item that runs; the driver sets it at each switch.
extern "C" {
__attribute__((visibility("default"))) struct Place *standin_place;
}
#define threadIdx (standin_place->item)
#define blockIdx (standin_place->group)
#define gridDim (standin_place->groups)
#define blockDim (standin_place->items)
#define __syncthreads() (standin_place->barrier())

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) ushort4 {
  unsigned short x, y, z, w;
};
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline unsigned __float_as_uint(float v) { return __builtin_bit_cast(unsigned, v); }
static inline float __uint_as_float(unsigned v) { return __builtin_bit_cast(float, v); }

extern "C" {
float expf(float);
float logf(float);
float sqrtf(float);
float tanhf(float);
float sinf(float);
float cosf(float);
float fabsf(float);
float fmaxf(float, float);
float fminf(float, float);
float fmaf(float, float, float);
}
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

// Calls a kernel with arguments from their addresses, and says how large they are.
template <int... I>
struct Indices {};
template <class T, T... I>
struct Integers {
  typedef Indices<(int)I...> type;
};
template <class... A, int... I>
static inline void call(void (*kernel)(A...), void **arguments, Indices<I...>) {
  kernel(*(A *)arguments[I]...);
}
template <class... A>
static inline void call(void (*kernel)(A...), void **arguments) {
  call(kernel, arguments, typename __make_integer_seq<Integers, int, sizeof...(A)>::type());
}
template <class... A>
static inline int sizes_of(void (*)(A...), int *sizes) {
  int count = 0;
  ((sizes[count++] = (int)sizeof(A)), ...);
  return count;
}

// What the compiler appends for each kernel: its call, its arguments and its largest work-group.
#define STANDIN_ENTRY(NAME, ITEMS)                                                 \
  extern "C" void standin_call_##NAME(void **arguments) { call(&NAME, arguments); } \
  extern "C" int standin_sizes_##NAME(int *sizes) { return sizes_of(&NAME, sizes); } \
  extern "C" int standin_items_##NAME() { return ITEMS; }
