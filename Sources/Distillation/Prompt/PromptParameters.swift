package import Compute
package import Inference
internal import Transformer

/// A learned prompt on the device with the optimizer's state: the trainable parameters.
///
/// The tensors of its form are stored end to end in one buffer, and so are their gradients and
/// moments: norm, clipping, update and copies process all of them at once, without shapes. Only
/// `insert` and `collectGradient` depend on the form.
package final class PromptParameters {
  package let form: PromptForm
  /// [elements].
  package private(set) var values: DeviceBuffer<Float>
  /// [elements]: gradient of the loss of the last examples.
  package private(set) var gradient: DeviceBuffer<Float>
  /// [elements]: gradient of another pass over the same batch; empty where no step has one.
  private var addend: DeviceBuffer<Float>
  /// [1]: the L2 norm of the gradient before clipping.
  private(set) var gradientNorm: DeviceBuffer<Float>
  private var firstMoment: DeviceBuffer<Float>
  private var secondMoment: DeviceBuffer<Float>
  /// The last values with a finite loss.
  private var lastFinite: DeviceBuffer<Float>
  /// The values whose loss is the first of the next reports.
  private var candidate: DeviceBuffer<Float>
  /// [1]: the factor of the gradient: 1, or less where its norm is clipped.
  private var clipFactor: DeviceBuffer<Float>
  /// [k]: the rows of the prefix that the prompt fills.
  private let rows: RowIndices
  private let device: Device

  /// - Parameters:
  ///   - device: the device.
  ///   - prompt: the initial values.
  ///   - firstRow: the first row of the prompt in the prefix.
  ///   - accumulates: whether gradients of several passes are added up.
  package init(
    _ device: Device, prompt: LearnedPrompt, firstRow: Int, accumulates: Bool = false
  ) throws(ComputeError) {
    let zeros = [Float](repeating: 0, count: prompt.form.elementCount)
    self.device = device
    form = prompt.form
    values = try device.buffer(prompt.values)
    lastFinite = try device.buffer(prompt.values)
    candidate = try device.buffer(prompt.values)
    gradient = try device.buffer(zeros)
    addend = try device.buffer(count: accumulates ? zeros.count : 0)
    firstMoment = try device.buffer(zeros)
    secondMoment = try device.buffer(zeros)
    gradientNorm = try device.buffer([0])
    clipFactor = try device.buffer([1])
    rows = try device.rowIndices((0..<form.tokenCount).map { Int32(firstRow + $0) })
  }
}

// Members that depend on the form.
extension PromptParameters {
  /// Collects the gradient that `backward` computed, and adds it to the present one where
  /// `accumulating`.
  func collectGradient(
    _ decoder: Decoder, from activations: DecoderActivations, accumulating: Bool
  ) throws(ComputeError) {
    switch form {
    case .embeddings(let count, _):
      guard accumulating else {
        return try decoder.gatherEmbeddingGradient(
          activations, at: rows, count: count, into: &gradient)
      }
      try decoder.gatherEmbeddingGradient(activations, at: rows, count: count, into: &addend)
    }
    try device.add(addend, to: &gradient, count: form.elementCount)
  }
}

// Members that are the same for every form.
extension PromptParameters {
  /// Computes the gradient's norm, and the factor that clips it to `limit`.
  func clip(limit: Float) throws(ComputeError) {
    try device.gradientNorm(
      gradient, count: form.elementCount, limit: limit, norm: &gradientNorm,
      clipFactor: &clipFactor)
  }

  /// One update from the clipped gradient; `step` counts from 1.
  func update(_ optimizer: Optimizer, learningRate: Double, step: Int) throws(ComputeError) {
    switch optimizer {
    case .adamW(let beta1, let beta2, let epsilon, let weightDecay):
      try device.adamW(
        &values, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment,
        count: form.elementCount, learningRate: learningRate, betas: (beta1, beta2),
        epsilon: epsilon, weightDecay: weightDecay, step: step, gradientScale: clipFactor)
    case .sgd(let momentum, let weightDecay):
      try device.sgd(
        &values, gradient: gradient, velocity: &firstMoment, count: form.elementCount,
        learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
        gradientScale: clipFactor)
    }
  }

  /// Keeps the values of a step whose loss is not known yet.
  func keepCandidate() throws(ComputeError) {
    try device.copy(values, into: &candidate, count: form.elementCount)
  }

  /// Accepts the candidate, whose loss is finite.
  func acceptCandidate() { swap(&lastFinite, &candidate) }

  /// Restores the last values with a finite loss.
  func restoreLastFinite() throws(ComputeError) {
    try device.copy(lastFinite, into: &values, count: form.elementCount)
  }

  /// The values on the host. Waits for the device.
  func download() throws(ComputeError) -> LearnedPrompt {
    LearnedPrompt(form: form, values: try device.download(values))
  }

  /// The optimizer's moments on the host. Waits for the device.
  func downloadMoments() throws(ComputeError) -> OptimizerMoments {
    OptimizerMoments(
      first: try device.download(firstMoment), second: try device.download(secondMoment))
  }

  /// Continues from these values and moments.
  func restore(
    _ prompt: LearnedPrompt, moments: OptimizerMoments
  ) throws(ComputeError) {
    precondition(prompt.form == form, "a prompt of another form")
    try device.upload(prompt.values, into: &values)
    try device.upload(prompt.values, into: &lastFinite)
    try device.upload(moments.first, into: &firstMoment)
    try device.upload(moments.second, into: &secondMoment)
  }
}
