// sum.cl - sums values on the device, such as the losses of rows to the loss of a step, without a
// host wait.
//
//     total[index] = factor * sum_i values[i]
//
//     values   [N]  read
//     total    [*]  write    one element
//
// Mapping   one work-group of LANES (GPU); one work-item, 16 numbers at a time (CPU)
// Passes    one
// Numerics  f32, compensated within a lane, in a fixed order
// Traffic   N floats
// Twin      Sources/Compute/Loss/Sum.swift, Sources/CArithmetic/sum.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Build     LANES=256

KERNEL(LANES) sum(const GLOBAL float *RESTRICT values, GLOBAL float *RESTRICT total_of, int count,
                  int index, float factor) {
  LOCAL float partial[LANES];
  CompensatedSum state = empty_sum();
  for (int i = FIRST; i < count; i += STRIDE)
    state = add(state, load_lane_or(values, i, count, 0.0f));
  const float found = total(state.sum, partial);
  if (LOCAL_ID == 0) total_of[index] = factor * found;
}
