// adamw.cl - one step of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW
// computes it.
//
// With g = gradient * gradient_scale[0], at step t:
//     first     = first + (g - first) * (1 - beta1)
//     second    = beta2 * second + (1 - beta2) * g^2
//     parameter = parameter * (1 - rate * weight_decay)
//                 - rate / (1 - beta1^t) * first / (sqrt(second) / sqrt(1 - beta2^t) + epsilon)
//
// for the elements start ... start + count - 1:
//
//     gradient         [start + count]  read
//     gradient_scale   [1]              read     the clip factor, which stays on the device
//     parameters       [start + count]  update
//     first, second    [start + count]  update
//
// Mapping   one work-item per element
// Passes    one
// Numerics  f32; the host computes the factors of a step in double
// Traffic   7 * count floats
// Twin      Sources/Compute/Optimizer/AdamW.swift, Sources/CArithmetic/adamw.c
// Build     LANES=256

KERNEL(LANES) adamw_update(const GLOBAL float *RESTRICT gradient,
                           const GLOBAL float *RESTRICT gradient_scale,
                           GLOBAL float *RESTRICT parameters, GLOBAL float *RESTRICT first,
                           GLOBAL float *RESTRICT second, OFFSET start, int count,
                           float decay, float one_minus_beta1, float beta2,
                           float one_minus_beta2, float step_size, float second_correction,
                           float epsilon) {
  const OFFSET item = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  const OFFSET i = start + item;
  if (item < count) {
    const float g = gradient[i] * gradient_scale[0];
    const float m = first[i] + (g - first[i]) * one_minus_beta1;
    const float v = beta2 * second[i] + one_minus_beta2 * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] =
        parameters[i] * decay - step_size * m / (SQRT(v) * second_correction + epsilon);
  }
}
