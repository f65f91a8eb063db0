// The instruction sets for which matrix multiplications are compiled.
#pragma once
#include <stdbool.h>

enum {
  /// No register tiles: the caller multiplies with OpenBLAS.
  INSTRUCTIONS_GENERIC = 0,
  /// AVX2 with FMA and F16C.
  INSTRUCTIONS_AVX2 = 1,
  /// AVX-512 F, BW and VL.
  INSTRUCTIONS_AVX512 = 2,
};

/// Whether this processor has an instruction set.
bool processor_supports(int instructions);

/// Whether this processor has AVX-512 with AVX512-BF16 dot products.
bool processor_has_bfloat16_dots(void);
