// dialect.h - macros for kernel code that compiles as OpenCL C 1.2 and as CUDA.
//
// Rules that the macros do not enforce:
// - Local arrays are sized by -D constants and never passed as arguments.
// - Vectors have 2 or 4 elements, are built by make_float2 / make_float4 and read by .x .y .z .w.
// - Sums are f32. Row offsets are 64-bit (OFFSET). No float atomics.
// - No return before a BARRIER.
// - No work-item function (LOCAL_ID, GROUP_ID) in the condition of a loop that contains a BARRIER,
//   and no two ifs on the same condition with a BARRIER between them: PoCL 3.1 silently miscompiles
//   both.
// - DEVICE functions are always inlined: PoCL's inliner crashes on some functions that a kernel
//   calls twice.
//
// CUDA_STAND_IN is defined where a host compiles the CUDA branch for tests without a GPU
// (Tests/CUDAStandIn/): there is no PTX then.
//
// CPU_DEVICE is defined for devices of CPU type (PoCL). Code under it is the CPU variant of a
// kernel: it may use OpenCL's wide vectors, since it is never compiled as CUDA.

#if defined(__CUDACC_RTC__) || defined(__CUDA__)

typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned char uchar;
typedef unsigned long long ulong;
typedef long long OFFSET;

#define KERNEL(LANES) extern "C" __global__ void __launch_bounds__(LANES)
#define DEVICE static __device__ __forceinline__
#define GLOBAL
#define LOCAL __shared__
#define LOCAL_ARG
#define RESTRICT __restrict__
#define BARRIER() __syncthreads()
#define LOCAL_ID ((int)threadIdx.x)
#define GROUP_ID ((int)blockIdx.x)
#define GROUP_ID_Y ((int)blockIdx.y)
#define GROUP_ID_Z ((int)blockIdx.z)
#define GROUP_COUNT ((int)gridDim.x)
#define EXP(x) expf(x)
#define LOG(x) logf(x)
#define SQRT(x) sqrtf(x)
#define RSQRT(x) rsqrtf(x)
#define TANH(x) tanhf(x)
#define SIN(x) sinf(x)
#define COS(x) cosf(x)
#define MAX(a, b) fmaxf(a, b)
#define MIN(a, b) fminf(a, b)
#define ABS(x) fabsf(x)
#define FMA(a, b, c) fmaf(a, b, c)
DEVICE float bits_to_float(uint bits) { return __uint_as_float(bits); }
DEVICE uint float_to_bits(float value) { return __float_as_uint(value); }
DEVICE void store_half(float value, ushort *values, OFFSET index) {
#if defined(CUDA_STAND_IN)
  values[index] = __builtin_bit_cast(ushort, (_Float16)value);
#else
  ushort half_bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half_bits) : "f"(value));
  values[index] = half_bits;
#endif
}
#define INFINITY bits_to_float(0x7f800000u)

// The lanes that exchange registers. All 32 lanes of a warp must reach a word of this kind.
#define WARP 32
// The number of a work-item in its warp.
#define WARP_LANE (LOCAL_ID % WARP)
// The value of the lane whose number differs by the bits of `mask`.
#define SHUFFLE_XOR(value, mask) __shfl_xor_sync(0xffffffffu, value, mask)
#if !LOCAL_TREE
#define SHUFFLE_REDUCTIONS 1
#endif

#else

typedef long OFFSET;

// SUB_GROUP is the size of sub-groups, where the device has shuffles and lets a kernel require a
// size. A work-group of a multiple of it then has full sub-groups alone. Which work-items are the
// lanes of a sub-group is for the driver to say: WARP_LANE is the only number of a lane.
#if SUB_GROUP
#define WARP SUB_GROUP
#define WARP_LANE ((int)get_sub_group_local_id())
#ifdef cl_intel_subgroups
#define SHUFFLE_XOR(value, mask) intel_sub_group_shuffle_xor(value, (uint)(mask))
#else
#define SHUFFLE_XOR(value, mask) sub_group_shuffle_xor(value, (uint)(mask))
#endif
#define SHUFFLE_REDUCTIONS 1
#define WARP_SIZE __attribute__((intel_reqd_sub_group_size(SUB_GROUP)))
#else
#define WARP_SIZE
#endif

#define KERNEL(LANES) __kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) WARP_SIZE void
#define DEVICE static inline __attribute__((always_inline))
#define GLOBAL __global
#define LOCAL __local
#define LOCAL_ARG __local
#define RESTRICT restrict
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define LOCAL_ID ((int)get_local_id(0))
#define GROUP_ID ((int)get_group_id(0))
#define GROUP_ID_Y ((int)get_group_id(1))
#define GROUP_ID_Z ((int)get_group_id(2))
#define GROUP_COUNT ((int)get_num_groups(0))
#define EXP(x) exp(x)
#define LOG(x) log(x)
#define SQRT(x) sqrt(x)
#define RSQRT(x) rsqrt(x)
#define TANH(x) tanh(x)
#define SIN(x) sin(x)
#define COS(x) cos(x)
#define MAX(a, b) fmax(a, b)
#define MIN(a, b) fmin(a, b)
#define ABS(x) fabs(x)
#define FMA(a, b, c) fma(a, b, c)
#define make_float2(a, b) ((float2)(a, b))
#define make_float4(a, b, c, d) ((float4)(a, b, c, d))
DEVICE float bits_to_float(uint bits) { return as_float(bits); }
DEVICE uint float_to_bits(float value) { return as_uint(value); }
DEVICE void store_half(float value, GLOBAL ushort *values, OFFSET index) {
  vstore_half_rte(value, (size_t)index, (GLOBAL half *)values);
}

#endif

// Masked scores: large enough that exp(MASKED - m) is 0, finite so that no infinity enters a sum.
#define MASKED (-1e30f)

// Formats of stored weights; ELEMENT is one of these. widen(p, i) loads element i of p as f32.
// widen_quad(p, i) loads four elements from i; p + i is aligned to four elements. Formats with
// blocks: weight_blocks.h.
#define ELEMENT_F32 0
#define ELEMENT_BF16 1
#define ELEMENT_F16 2
#define ELEMENT_Q8_0 3
#define ELEMENT_Q4_0 4
#define ELEMENT_Q4_1 5
#define ELEMENT_Q5_0 6
#define ELEMENT_Q5_1 7
#define ELEMENT_Q4_K 8
#define ELEMENT_Q5_K 9
#define ELEMENT_Q6_K 10

#if defined(ELEMENT) && ELEMENT <= ELEMENT_F16
#if ELEMENT == ELEMENT_F32
typedef float Stored;
DEVICE float widen(const GLOBAL Stored *values, OFFSET index) { return values[index]; }
DEVICE float4 widen_quad(const GLOBAL Stored *values, OFFSET index) {
  return *(const GLOBAL float4 *)(values + index);
}
#elif ELEMENT == ELEMENT_BF16
typedef ushort Stored;
DEVICE float widen(const GLOBAL Stored *values, OFFSET index) {
  return bits_to_float(((uint)values[index]) << 16);
}
DEVICE float4 widen_quad(const GLOBAL Stored *values, OFFSET index) {
  const ushort4 quad = *(const GLOBAL ushort4 *)(values + index);
  return make_float4(bits_to_float((uint)quad.x << 16), bits_to_float((uint)quad.y << 16),
                     bits_to_float((uint)quad.z << 16), bits_to_float((uint)quad.w << 16));
}
#elif defined(__CUDACC_RTC__) || defined(__CUDA__)
typedef ushort Stored;
DEVICE float widen_bits(ushort bits) {
#if defined(CUDA_STAND_IN)
  return (float)__builtin_bit_cast(_Float16, bits);
#else
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(bits));
  return wide;
#endif
}
DEVICE float widen(const GLOBAL Stored *values, OFFSET index) { return widen_bits(values[index]); }
DEVICE float4 widen_quad(const GLOBAL Stored *values, OFFSET index) {
  const ushort4 quad = *(const GLOBAL ushort4 *)(values + index);
  return make_float4(widen_bits(quad.x), widen_bits(quad.y), widen_bits(quad.z),
                     widen_bits(quad.w));
}
#else
typedef ushort Stored;
DEVICE float widen(const GLOBAL Stored *values, OFFSET index) {
  return vload_half((size_t)index, (const __global half *)values);
}
DEVICE float4 widen_quad(const GLOBAL Stored *values, OFFSET index) {
  return vloada_half4(0, (const __global half *)(values + index));
}
#endif
#endif
