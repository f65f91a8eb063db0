// gradient_norm.cl - the length of a gradient and the factor that clips it, as torch.nn.utils.clip_grad_norm_ has it.
//
//     norm   = sqrt(sum_i gradient[i]^2)
//     factor = min(1, limit / (norm + 1e-6)); 1 where limit is infinite
//
//     gradient   [count]  read
//     partial    [N]      write (sum_of_squares), read (gradient_norm)
//     norm       [1]      write
//     factor     [1]      write
//
// Mapping   sum_of_squares: N work-groups; group n takes the n-th span of `span` elements, lane l visits
//           l, l + LANES, ... of it (coalesced).   gradient_norm: one work-group over the N sums.
// Passes    one each
// Numerics  f32, sums in a fixed tree
// Traffic   count floats
// Twin      Sources/Compute/Operations/GradientNorm.swift, Sources/CArithmetic/gradient_norm.c
// Needs     reductions.h
// Build     LANES=128

#ifdef CPU_DEVICE

KERNEL(1) sum_of_squares(const GLOBAL float *RESTRICT gradient, GLOBAL float *RESTRICT partial,
                         int count, int span) {
  const int begin = GROUP_ID * span;
  const int end = begin + span < count ? begin + span : count;
  float16 squares = 0.0f;
  int i = begin;
  for (; i + 16 <= end; i += 16) {
    const float16 g = vload16(0, gradient + i);
    squares += g * g;
  }
  float sum = sum16(squares);
  for (; i < end; i++) sum += gradient[i] * gradient[i];
  partial[GROUP_ID] = sum;
}

KERNEL(1) gradient_norm(const GLOBAL float *RESTRICT partial, GLOBAL float *RESTRICT norm,
                        GLOBAL float *RESTRICT factor, int count, float limit) {
  float sum = 0.0f;
  for (int i = 0; i < count; i++) sum += partial[i];
  norm[0] = SQRT(sum);
  factor[0] = MIN(1.0f, limit / (SQRT(sum) + 1e-6f));
}

#else

KERNEL(LANES) sum_of_squares(const GLOBAL float *RESTRICT gradient,
                             GLOBAL float *RESTRICT partial, int count, int span) {
  LOCAL float sums[LANES];
  const int lane = LOCAL_ID;
  const int begin = GROUP_ID * span;
  const int end = begin + span < count ? begin + span : count;
  float squares = 0.0f;
  for (int i = begin + lane; i < end; i += LANES) squares += gradient[i] * gradient[i];
  const float sum = sum_over_lanes(squares, sums);
  if (lane == 0) partial[GROUP_ID] = sum;
}

KERNEL(LANES) gradient_norm(const GLOBAL float *RESTRICT partial, GLOBAL float *RESTRICT norm,
                            GLOBAL float *RESTRICT factor, int count, float limit) {
  LOCAL float sums[LANES];
  const int lane = LOCAL_ID;
  float squares = 0.0f;
  for (int i = lane; i < count; i += LANES) squares += partial[i];
  const float length = SQRT(sum_over_lanes(squares, sums));
  if (lane == 0) {
    norm[0] = length;
    factor[0] = MIN(1.0f, limit / (length + 1e-6f));
  }
}

#endif
