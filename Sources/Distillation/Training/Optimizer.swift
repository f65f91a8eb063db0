package import Compute

/// How the soft prompt moves along its gradient, as torch.optim defines it.
package enum Optimizer: Sendable, Equatable {
  /// Loshchilov and Hutter 2019, arXiv:1711.05101: bias-corrected, decoupled decay.
  case adamW(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0)
  case sgd(momentum: Double = 0, weightDecay: Double = 0)
}

/// The soft prompt on the device with its optimiser's state, all f32 whatever the weights are: [k, E] each.
package final class TrainablePrompt {
  /// k.
  package let count: Int
  package let width: Int
  package var embeddings: DeviceBuffer<Float>
  package var gradient: DeviceBuffer<Float>
  package var firstMoment: DeviceBuffer<Float>
  package var secondMoment: DeviceBuffer<Float>
  /// The last embeddings whose loss was seen to be finite.
  private(set) var lastFinite: DeviceBuffer<Float>
  /// The embeddings whose loss comes first in the next reports.
  private var candidate: DeviceBuffer<Float>
  /// What the gradient is multiplied by before it is used: 1, or less where its norm is clipped. [1].
  var clipFactor: DeviceBuffer<Float>

  package init(_ device: Device, values: [Float], width: Int) throws(ComputeError) {
    self.width = width
    count = values.count / width
    let zeros = [Float](repeating: 0, count: values.count)
    embeddings = try device.buffer(values)
    lastFinite = try device.buffer(values)
    candidate = try device.buffer(values)
    gradient = try device.buffer(zeros)
    firstMoment = try device.buffer(zeros)
    secondMoment = try device.buffer(zeros)
    clipFactor = try device.buffer([1])
  }

  /// Goes on from these embeddings.
  func restore(_ values: [Float], on device: Device) throws(ComputeError) {
    try device.upload(values, into: &embeddings)
    try device.upload(values, into: &lastFinite)
  }

  /// Keeps the embeddings of a step whose loss is still to be seen.
  func keepCandidate(on device: Device) throws(ComputeError) {
    try device.copy(embeddings, into: &candidate, count: count * width)
  }

  /// The candidate's loss is finite.
  func acceptCandidate() { swap(&lastFinite, &candidate) }

  /// Puts the embeddings back to the last whose loss was seen to be finite.
  func restoreLastFinite(on device: Device) throws(ComputeError) {
    try device.copy(lastFinite, into: &embeddings, count: count * width)
  }

  /// One update from `gradient`; `step` counts from 1.
  func update(
    _ device: Device, _ optimizer: Optimizer, learningRate: Double, step: Int
  ) throws(ComputeError) {
    switch optimizer {
    case .adamW(let beta1, let beta2, let epsilon, let weightDecay):
      try device.adamW(
        &embeddings, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment,
        count: count * width, learningRate: learningRate, betas: (beta1, beta2), epsilon: epsilon,
        weightDecay: weightDecay, step: step, gradientScale: clipFactor)
    case .sgd(let momentum, let weightDecay):
      try device.sgd(
        &embeddings, gradient: gradient, velocity: &firstMoment, count: count * width,
        learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
        gradientScale: clipFactor)
    }
  }
}
