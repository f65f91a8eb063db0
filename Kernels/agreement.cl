// agreement.cl - whether the most likely token of a row is a given token.
//
//     agreements[first_row + r] = 1 if k = chosen[row_indices[first_index + r]] is the lowest v
//     with
//                                 z[r,v] = max_v z[r,v], else 0
//
//     logits       [R, V]  read     z
//     chosen       [*]     read     argmax of each teacher row
//     row_indices  [*]     read     the teacher row of each row, from first_index
//     agreements   [*]     write    from first_row
//
// Mapping   one work-group of LANES per row (GPU, coalesced); one work-item per row, 16 logits at a
//           time (CPU)
// Passes    one, over the logits before k and those after k
// Numerics  exact; of equal logits the lowest index wins, as in argmax.cl
// Traffic   R * V floats
// Twin      Sources/Compute/Loss/Agreement.swift, Sources/CArithmetic/agreement.c
// Needs     lanes.h row_reductions.h vocabulary_row.h
// Build     LANES=256

DEVICE float row_maximum(const GLOBAL float *row, int count, LOCAL_ARG float *partial) {
  Lane best = MASKED;
  for (int v = FIRST; v < count; v += STRIDE) best = MAX(best, load_lane(row, v, count));
  return largest(best, partial);
}

KERNEL(LANES) agreement(const GLOBAL float *RESTRICT logits, const GLOBAL int *RESTRICT chosen,
                        const GLOBAL int *RESTRICT row_indices, GLOBAL float *RESTRICT agreements,
                        int width, int first_index, int first_row) {
  LOCAL float partial[LANES];
  const int r = GROUP_ID;
  const GLOBAL float *z = logits + (OFFSET)r * width;
  const int k = chosen[row_indices[first_index + r]];
  const float before = row_maximum(z, k, partial);
  const float behind = row_maximum(z + k + 1, width - k - 1, partial);
  if (LOCAL_ID == 0) agreements[first_row + r] = before < z[k] && behind <= z[k] ? 1.0f : 0.0f;
}
