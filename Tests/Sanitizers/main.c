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
  printf("%td calls, matrix multiplication in%s%s%s\n", calls,
         processor_supports(INSTRUCTIONS_AVX512) ? " AVX-512" : "",
         processor_supports(INSTRUCTIONS_AVX2) ? " AVX2" : " the BLAS library",
         processor_has_bfloat16_dots() ? " bf16" : "");
  return 0;
}
