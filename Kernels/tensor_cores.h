// tensor_cores.h - matrix multiplications on tensor cores, and copies to shared memory that lanes
// do not wait for: by CUDA alone, on sm_80 and later.
//
// Tensor cores multiply matrices of bf16 with f32 sums. A fragment is a matrix in the registers of
// a warp (PTX ISA, mma.sync.m16n8k16): with g = lane / 4 and t = lane % 4, lane holds
//     left [16][16]   4 pairs: [g][2t], [g + 8][2t], [g][2t + 8], [g + 8][2t + 8] and the next
//     right [16][8]   2 pairs: [2t][g], [2t + 8][g] and the row after
//     sums [16][8]    [g][2t], [g][2t + 1], [g + 8][2t], [g + 8][2t + 1]

#if TENSOR_CORES

// Two numbers rounded to bf16, the first in the low half.
DEVICE uint pack_bf16(float low, float high) {
#if defined(CUDA_STAND_IN)
  return standin_pack_bf16(low, high);
#else
  uint pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#endif
}

// sums += left right. Volatile: it must not move behind a branch that only some lanes take.
DEVICE void multiply_fragments(float *sums, const uint *left, const uint *right) {
#if defined(CUDA_STAND_IN)
  standin_multiply(sums, left, right);
#else
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
      "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
#endif
}

// Four matrices of 8 rows of 8 bf16 in shared memory; lane l gives the address of row l % 8 of
// matrix l / 8, a multiple of 16 bytes. Register i gets [g][2t] and [g][2t + 1] of matrix i, or
// [2t][g] and [2t + 1][g] if transposed.
DEVICE void load_fragments(const uint *row, uint *registers) {
#if defined(CUDA_STAND_IN)
  standin_load(row, registers, 0);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"((uint)__cvta_generic_to_shared(row))
               : "memory");
#endif
}

DEVICE void load_transposed(const uint *row, uint *registers) {
#if defined(CUDA_STAND_IN)
  standin_load(row, registers, 1);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"((uint)__cvta_generic_to_shared(row))
               : "memory");
#endif
}

// Begins to copy a quad from global to shared memory, or zero if it is missing. Until the
// lane has waited, the target may not be read.
DEVICE void copy_async(float4 *target, const float *source, int is_missing) {
#if defined(CUDA_STAND_IN)
  standin_copy(target, source, is_missing);
#else
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"((uint)__cvta_generic_to_shared(target)),
                 "l"(__cvta_generic_to_global(source)), "r"(is_missing ? 0 : 16)
               : "memory");
#endif
}

// Waits for the copies that this lane has begun; other lanes see them behind a barrier.
DEVICE void wait_for_copies(void) {
#if defined(CUDA_STAND_IN)
  standin_wait_for_copies();
#else
  asm volatile("cp.async.wait_all;" : : : "memory");
#endif
}

#endif
