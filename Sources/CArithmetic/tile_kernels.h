// The register-tile kernels of one instruction set.
#pragma once

#include "attention.h"
#include "matmul_tiles.h"

/// The functions of a set of templates; contracts in matmul_tiles.h, matmul.h and attention.h.
typedef struct TileKernels {
  PanelKernel panels;
  void (*few_rows)(const Matmul *matmul, ptrdiff_t column_begin, ptrdiff_t column_end,
                   void *panel);
  void (*transpose)(ScoreTile tile, KeyRows keys, ptrdiff_t width, float *transposed);
  void (*scores)(PackedRows rows, ScoreTile tile, const float *x, const float *transposed,
                 float *scores);
  void (*accumulate)(PackedRows rows, ScoreTile tile, const float *scores, KeyRows values,
                     float *y);
  void (*scatter)(PackedRows rows, ScoreTile tile, ptrdiff_t begin, ptrdiff_t end,
                  const float *scores, const float *x, float *to, ptrdiff_t stride);
} TileKernels;

/// The kernels of one of INSTRUCTIONS_AVX2, INSTRUCTIONS_AVX512.
const TileKernels *tile_kernels(int instructions);

/// GEMM of K pairs of bf16, on AVX512-BF16.
extern const PanelKernel bfloat16_panels;

extern const TileKernels tiles_avx512;
extern const TileKernels tiles_avx2;
