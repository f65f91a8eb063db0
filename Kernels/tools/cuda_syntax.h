// cuda_syntax.h - the CUDA declarations that clang needs to check kernels as CUDA without a
// toolkit:
//
//     clang -x cuda --cuda-device-only -nocudainc -nocudalib -fsyntax-only
//       -include cuda_syntax.h ...
//
// They are built into NVRTC. They follow the CUDA C++ Programming Guide; nothing here is linked.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

struct dim3 {
  unsigned int x, y, z;
};
extern const __device__ dim3 threadIdx, blockIdx, gridDim, blockDim;

struct float2 {
  float x, y;
};
struct float4 {
  float x, y, z, w;
};
struct ushort4 {
  unsigned short x, y, z, w;
};
__device__ float2 make_float2(float x, float y);
__device__ float4 make_float4(float x, float y, float z, float w);

__device__ unsigned int __float_as_uint(float value);
__device__ float __uint_as_float(unsigned int bits);
__device__ void __syncthreads();
__device__ float __shfl_xor_sync(unsigned int lanes, float value, int mask);
__device__ decltype(sizeof(0)) __cvta_generic_to_shared(const void *address);
__device__ decltype(sizeof(0)) __cvta_generic_to_global(const void *address);

extern "C" {
__device__ float expf(float x);
__device__ float logf(float x);
__device__ float sqrtf(float x);
__device__ float rsqrtf(float x);
__device__ float tanhf(float x);
__device__ float sinf(float x);
__device__ float cosf(float x);
__device__ float fabsf(float x);
__device__ float fmaxf(float a, float b);
__device__ float fminf(float a, float b);
__device__ float fmaf(float a, float b, float c);
}
