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
// What the 32 lanes of a warp give to each other. Two slots alternate: a lane that writes to one
// again has passed the barrier behind the other, so that all lanes have read this one.
struct Exchange {
  struct Slot {
    unsigned registers[32][6];
    float sums[32][4];
    const void *addresses[32];
    unsigned multiplied;  // the step whose sums were computed
  } slots[2];
};
struct Place {
  dim3 item, group, groups, items;
  void (*barrier)(void);
  void (*warp_barrier)(void);
  struct Exchange *exchange;
  unsigned step;    // exchanges of this lane so far
  unsigned copies;  // asynchronous copies that it has not waited for
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
// Vectors of four. -fsanitize=alignment checks calls, not copies of plain structures.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T x, y, z, w;
  Four() = default;
  Four(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}
  Four(const Four &from) : x(from.x), y(from.y), z(from.z), w(from.w) {}
  Four &operator=(const Four &from) {
    x = from.x, y = from.y, z = from.z, w = from.w;
    return *this;
  }
};
typedef Four<float> float4;
typedef Four<unsigned short> ushort4;
// A reference to an address that is not aligned to it traps as well, and reads nothing.
static inline void standin_check(const float4 &) {}
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
[[noreturn]] void abort();
}
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

// Registers that the lanes of a warp exchange, and tensor cores: mma.sync.m16n8k16 and ldmatrix
// with the fragments of the PTX ISA.
static inline unsigned standin_item() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
static inline int standin_lane() {
  return standin_item() % 32;
}
static inline float __shfl_xor_sync(unsigned, float value, int mask) {
  const int lane = standin_lane();
  Exchange::Slot *slot = &standin_place->exchange->slots[++standin_place->step % 2];
  slot->registers[lane][0] = __float_as_uint(value);
  standin_place->warp_barrier();
  return __uint_as_float(slot->registers[lane ^ mask][0]);
}

static inline unsigned standin_bf16(float value) {
  const unsigned bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}
static inline unsigned standin_pack_bf16(float low, float high) {
  return standin_bf16(low) | standin_bf16(high) << 16;
}
static inline float standin_low(unsigned pair) { return __uint_as_float(pair << 16); }
static inline float standin_high(unsigned pair) { return __uint_as_float(pair & 0xffff0000u); }

// Tensor cores cut the bits of a sum that f32 has no place for.
static inline float standin_truncated(double sum) {
  const float rounded = (float)sum;
  const bool is_larger = sum < 0 ? rounded < sum : rounded > sum;
  return is_larger ? __uint_as_float(__float_as_uint(rounded) - 1) : rounded;
}
static __attribute__((noinline)) void standin_multiply_slot(Exchange::Slot *slot) {
  float left[16][16], right[16][8];
  for (int lane = 0; lane < 32; lane++) {
    const int g = lane / 4, t = lane % 4;
    const unsigned *registers = slot->registers[lane];
    for (int r = 0; r < 4; r++) {
      left[g + r % 2 * 8][2 * t + r / 2 * 8] = standin_low(registers[r]);
      left[g + r % 2 * 8][2 * t + r / 2 * 8 + 1] = standin_high(registers[r]);
    }
    for (int r = 0; r < 2; r++) {
      right[2 * t + 8 * r][g] = standin_low(registers[4 + r]);
      right[2 * t + 8 * r + 1][g] = standin_high(registers[4 + r]);
    }
  }
  double sums[16][8];
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 8; column++) {
      const int lane = row % 8 * 4 + column / 2;
      sums[row][column] = slot->sums[lane][row / 8 * 2 + column % 2];
    }
  for (int row = 0; row < 16; row++)
    for (int k = 0; k < 16; k++)
      for (int column = 0; column < 8; column++)
        sums[row][column] += (double)left[row][k] * right[k][column];
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 8; column++) {
      const int lane = row % 8 * 4 + column / 2;
      slot->sums[lane][row / 8 * 2 + column % 2] = standin_truncated(sums[row][column]);
    }
}
// The first lane behind the barrier multiplies for all.
static inline void standin_multiply(float *sums, const unsigned *left, const unsigned *right) {
  const int lane = standin_lane();
  const unsigned step = ++standin_place->step;
  Exchange::Slot *slot = &standin_place->exchange->slots[step % 2];
  for (int r = 0; r < 4; r++) slot->registers[lane][r] = left[r];
  for (int r = 0; r < 2; r++) slot->registers[lane][4 + r] = right[r];
  for (int r = 0; r < 4; r++) slot->sums[lane][r] = sums[r];
  standin_place->warp_barrier();
  if (slot->multiplied != step) standin_multiply_slot(slot);
  slot->multiplied = step;
  for (int r = 0; r < 4; r++) sums[r] = slot->sums[lane][r];
}
static inline void standin_load(const void *row, unsigned *registers, int is_transposed) {
  const int lane = standin_lane(), g = lane / 4, t = lane % 4;
  standin_check(*(const float4 *)row);
  Exchange::Slot *slot = &standin_place->exchange->slots[++standin_place->step % 2];
  slot->addresses[lane] = row;
  standin_place->warp_barrier();
  for (int i = 0; i < 4; i++) {
    const auto element = [&](int row, int column) -> unsigned {
      return ((const unsigned short *)slot->addresses[8 * i + row])[column];
    };
    registers[i] = is_transposed ? element(2 * t, g) | element(2 * t + 1, g) << 16
                                 : element(g, 2 * t) | element(g, 2 * t + 1) << 16;
  }
}

// Asynchronous copies take effect at the wait, which is as late as a GPU may let them; until then
// the target is NaN, which is as early. 96 quads of each lane of a warp fill the shared memory.
struct Copy {
  float4 *target;
  const float *source;
  bool isMissing;
};
static Copy standin_copies[1024][96];
static inline void standin_copy(float4 *target, const float *source, int is_missing) {
  standin_check(*target);
  standin_check(*(const float4 *)source);
  if (standin_place->copies == 96) abort();
  const float nan = __builtin_nanf("");
  *target = {nan, nan, nan, nan};
  standin_copies[standin_item()][standin_place->copies++] = {target, source, is_missing != 0};
}
static inline void standin_wait_for_copies() {
  for (unsigned i = 0; i < standin_place->copies; i++) {
    const Copy &copy = standin_copies[standin_item()][i];
    *copy.target = copy.isMissing ? float4{0, 0, 0, 0} : *(const float4 *)copy.source;
  }
  standin_place->copies = 0;
}

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
