// Dispatch to the register-tile kernels of an instruction set.
#include "tile_kernels.h"

#include <stdlib.h>

#include "processor.h"

#if defined(__x86_64__)

bool processor_supports(int instructions) {
  switch (instructions) {
    case INSTRUCTIONS_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    case INSTRUCTIONS_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
    default: return instructions == INSTRUCTIONS_GENERIC;
  }
}

bool processor_has_bfloat16_dots(void) {
  return processor_supports(INSTRUCTIONS_AVX512) && __builtin_cpu_supports("avx512bf16");
}

const TileKernels *tile_kernels(int instructions) {
  return instructions == INSTRUCTIONS_AVX512 ? &tiles_avx512 : &tiles_avx2;
}

#else

bool processor_supports(int instructions) { return instructions == INSTRUCTIONS_GENERIC; }

bool processor_has_bfloat16_dots(void) { return false; }

/// Never called: no instruction set with tiles is supported.
const TileKernels *tile_kernels(int instructions) { abort(); }

const PanelKernel bfloat16_panels = {0};

void round_pairs(ptrdiff_t begin, ptrdiff_t end, ptrdiff_t inner, const float *x,
                 uint32_t *pairs) {}

void round_values(ptrdiff_t begin, ptrdiff_t end, float *x) {}

#endif

void matmul_few_rows(const Matmul *matmul, ptrdiff_t column_begin, ptrdiff_t column_end,
                     void *panel) {
  tile_kernels(matmul->instructions)->few_rows(matmul, column_begin, column_end, panel);
}

void attention_transpose(ScoreTile tile, KeyRows keys, ptrdiff_t width, float *transposed) {
  tile_kernels(tile.instructions)->transpose(tile, keys, width, transposed);
}

void attention_scores(PackedRows rows, ScoreTile tile, const float *x, const float *transposed,
                      float *scores) {
  tile_kernels(tile.instructions)->scores(rows, tile, x, transposed, scores);
}

void attention_accumulate(PackedRows rows, ScoreTile tile, const float *scores, KeyRows values,
                          float *y) {
  tile_kernels(tile.instructions)->accumulate(rows, tile, scores, values, y);
}

void attention_scatter(PackedRows rows, ScoreTile tile, ptrdiff_t begin, ptrdiff_t end,
                       const float *scores, const float *x, float *to, ptrdiff_t stride) {
  tile_kernels(tile.instructions)->scatter(rows, tile, begin, end, scores, x, to, stride);
}
