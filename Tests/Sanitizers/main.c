// Calls every function of CArithmetic at random shapes, its operands between guard pages: `calls ROUNDS`.
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
  const long rounds = count > 1 ? strtol(arguments[1], NULL, 10) : 40;
  for (long round = 0; round < rounds; round++) {
    row_operations();
    loss_operations();
    attention_operations();
    matmul_operations();
    if (round % 8 == 0) thread_operations();
  }
  printf("%td calls, matrix multiplication %s\n", calls,
         !matmul_has_tiles()            ? "by the BLAS library"
         : !matmul_has_bfloat16_dots() ? "in f32 tiles"
                                         : "in f32 and bf16 tiles");
  return 0;
}
