// sgd.cl - one step of stochastic gradient descent with momentum, as torch.optim.SGD computes it
// (dampening 0).
//
//     velocity  = momentum * velocity + gradient * gradient_scale[0] + weight_decay * parameter
//     parameter = parameter - rate * velocity
//
// for the elements start ... start + count - 1:
//
//     gradient         [start + count]  read
//     gradient_scale   [1]              read     the clip factor, which stays on the device
//     parameters       [start + count]  update
//     velocity         [start + count]  update   zero before the first step
//
// Mapping   one work-item per element
// Passes    one
// Numerics  f32
// Traffic   5 * count floats
// Twin      Sources/Compute/Optimizer/SGD.swift, Sources/CArithmetic/sgd.c
// Build     LANES=256

KERNEL(LANES) sgd_update(const GLOBAL float *RESTRICT gradient,
                         const GLOBAL float *RESTRICT gradient_scale,
                         GLOBAL float *RESTRICT parameters, GLOBAL float *RESTRICT velocity,
                         OFFSET start, int count, float rate, float momentum,
                         float weight_decay) {
  const OFFSET item = (OFFSET)GROUP_ID * LANES + LOCAL_ID;
  const OFFSET i = start + item;
  if (item < count) {
    const float v = momentum * velocity[i] +
                    (gradient[i] * gradient_scale[0] + weight_decay * parameters[i]);
    velocity[i] = v;
    parameters[i] -= rate * v;
  }
}
