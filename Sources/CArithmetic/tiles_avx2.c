// The register-tile kernels on AVX2.
#include "tile_kernels.h"

#if defined(__x86_64__)

#include "vector_avx2.h"
// The templates.
#include "attention_tiles.h"
#include "matmul_few_rows.h"
#include "matmul_float_tiles.h"

const TileKernels tiles_avx2 = {
    .panels = {1, TILE_COLUMNS, pack, multiply},
    .few_rows = few_rows,
    .transpose = attend_transpose,
    .scores = attend_scores,
    .accumulate = attend_accumulate,
    .scatter = attend_scatter,
};

#endif
