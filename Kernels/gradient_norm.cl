// gradient_norm.cl - the norm of a gradient and its clip factor, as torch.nn.utils.clip_grad_norm_
// computes them.
//
//     norm   = sqrt(sum_i gradient[i]^2)
//     factor = min(1, limit / (norm + 1e-6)); 1 if limit is infinite
//
//     gradient   [count]  read
//     partial    [N]      write (sum_of_squares), read (gradient_norm)
//     norm       [1]      write
//     factor     [1]      write
//
// Mapping   sum_of_squares: N work-groups; group n sums the n-th span of `span` elements (lanes.h).
//           gradient_norm: one work-group over the N sums.
// Passes    one each
// Numerics  f32, sums in a fixed order
// Traffic   count floats
// Twin      Sources/Compute/Optimizer/GradientNorm.swift, Sources/CArithmetic/gradient_norm.c
// Needs     lanes.h row_reductions.h
// Build     LANES=128

KERNEL(LANES) sum_of_squares(const GLOBAL float *RESTRICT gradient,
                             GLOBAL float *RESTRICT partial, int count, int span) {
  LOCAL float sums[LANES];
  const int begin = GROUP_ID * span;
  const int length = count - begin < span ? count - begin : span;
  const GLOBAL float *from = gradient + begin;
  Lane squares = 0.0f;
  for (int i = FIRST; i < length; i += STRIDE) {
    const Lane g = load_or_zero(from, i, length);
    squares += g * g;
  }
  const float sum = total(squares, sums);
  if (LOCAL_ID == 0) partial[GROUP_ID] = sum;
}

KERNEL(LANES) gradient_norm(const GLOBAL float *RESTRICT partial, GLOBAL float *RESTRICT norm,
                            GLOBAL float *RESTRICT factor, int count, float limit) {
  LOCAL float sums[LANES];
  Lane squares = 0.0f;
  for (int i = FIRST; i < count; i += STRIDE) squares += load_or_zero(partial, i, count);
  const float length = SQRT(total(squares, sums));
  if (LOCAL_ID == 0) {
    norm[0] = length;
    factor[0] = MIN(1.0f, limit / (length + 1e-6f));
  }
}
