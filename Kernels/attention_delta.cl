// attention_delta.cl - the dot product of each output row of attention with its gradient, which the
// gradients of queries and keys subtract (FlashAttention-2, Dao 2023, arXiv:2307.08691).
//
// Per query row t and query head h:
//     delta = d_output . output
//
//     d_output, output  [rows, D]  read   rows = query rows * H
//     delta             [rows]     write
//
// Mapping   GPU: 16 adjacent lanes per row, reduced by a tree; by CUDA with shuffles, since a warp
//           has whole rows, which a sub-group of OpenCL need not have. CPU: one work-item per row
// Passes    one
// Numerics  f32, no atomics: the order of every sum is fixed
// Traffic   d_output, output and delta once
// Build     LANES=256 LOCAL_TREE=0,1
// Twin      Sources/CArithmetic/attention.c

#ifdef CPU_DEVICE

KERNEL(LANES) attention_delta(const GLOBAL float *RESTRICT d_output,
                              const GLOBAL float *RESTRICT output, GLOBAL float *RESTRICT delta,
                              int rows, int head_dimension) {
  (void)rows;
  const OFFSET from = (OFFSET)GROUP_ID * head_dimension;
  float sum = 0.0f;
  for (int d = 0; d < head_dimension; d++) sum += d_output[from + d] * output[from + d];
  delta[GROUP_ID] = sum;
}

#else

#define SIDE 16

KERNEL(LANES) attention_delta(const GLOBAL float *RESTRICT d_output,
                              const GLOBAL float *RESTRICT output, GLOBAL float *RESTRICT delta,
                              int rows, int head_dimension) {
  const int lane = LOCAL_ID;
  const int x = lane % SIDE;
  const int row = GROUP_ID * (LANES / SIDE) + lane / SIDE;
  const OFFSET from = (OFFSET)row * head_dimension;
  const int width = row < rows ? head_dimension : 0;
  float sum = 0.0f;
  for (int d = x; d < width; d += SIDE) sum += d_output[from + d] * output[from + d];
#if SHUFFLE_REDUCTIONS
  // The pairs of the tree below; all lanes of a row get the sum.
  for (int offset = SIDE / 2; offset > 0; offset /= 2) sum += SHUFFLE_XOR(sum, offset);
#else
  LOCAL float partial[LANES];
  partial[lane] = sum;
  BARRIER();
  for (int offset = SIDE / 2; offset > 0; offset /= 2) {
    if (x < offset) partial[lane] += partial[lane + offset];
    BARRIER();
  }
  sum = partial[lane];
#endif
  if (x == 0 && row < rows) delta[row] = sum;
}

#endif
