// adamw.cl - one step of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW takes it.
//
// With g = gradient * gradient_scale[0], at step t:
//     first     = first + (g - first) * (1 - beta1)
//     second    = beta2 * second + (1 - beta2) * g^2
//     parameter = parameter * (1 - rate * weight_decay)
//                 - rate / (1 - beta1^t) * first / (sqrt(second) / sqrt(1 - beta2^t) + epsilon)
//
//     gradient         [count]  read
//     gradient_scale   [1]      read     the factor that clips, which never leaves the device
//     parameters       [count]  update
//     first, second    [count]  update
//
// Mapping   one work-item an element
// Passes    one
// Numerics  f32; the factors of a step are worked out in double on the host
// Traffic   7 * count floats
// Twin      Sources/Compute/Optimizer/AdamW.swift, Sources/CArithmetic/adamw.c
// Build     LANES=256

KERNEL(LANES) adamw_update(const GLOBAL float *RESTRICT gradient,
                           const GLOBAL float *RESTRICT gradient_scale,
                           GLOBAL float *RESTRICT parameters, GLOBAL float *RESTRICT first,
                           GLOBAL float *RESTRICT second, int count, float decay,
                           float first_share, float second_keep, float second_share,
                           float step_size, float second_correction, float epsilon) {
  const OFFSET i = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  if (i < count) {
    const float g = gradient[i] * gradient_scale[0];
    const float m = first[i] + (g - first[i]) * first_share;
    const float v = second_keep * second[i] + second_share * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] =
        parameters[i] * decay - step_size * m / (SQRT(v) * second_correction + epsilon);
  }
}
