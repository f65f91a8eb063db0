package import Compute
package import Inference
internal import Ranks
internal import Transformer

/// A learned prompt on the device with the optimizer's state: the trainable parameters.
///
/// The tensors of its form are stored end to end in one buffer, and so are their gradients and
/// moments: norm, clipping, update and copies process all of them at once, without shapes. Only
/// `computeGradient` depends on the form, and how a run inserts the prompt (`DecoderWorkspace`).
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
  /// The first row of the prefix that the prompt fills.
  private let firstRow: Int
  /// [k]: the rows of a step's run that a prompt of embeddings fills.
  private let rows: RowIndices
  private let rateFactors: [Double]
  private let device: Device
  private let configuration: DecoderConfiguration

  /// - Parameters:
  ///   - decoder: the decoder whose prompt it is.
  ///   - prompt: the initial values.
  ///   - firstRow: the first row of the prompt in the prefix.
  ///   - firstStepRow: the first row of the prefix that a step's run computes.
  ///   - accumulates: whether gradients of several passes are added up.
  ///   - rateFactors: the learning rate of each tensor over the step's; empty for 1.
  init(
    _ decoder: Decoder, prompt: LearnedPrompt, firstRow: Int, firstStepRow: Int = 0,
    accumulates: Bool = false, rateFactors: [Double] = []
  ) throws(ComputeError) {
    precondition(rateFactors.isEmpty || rateFactors.count == prompt.form.tensors.count)
    self.rateFactors = rateFactors
    let zeros = [Float](repeating: 0, count: prompt.form.elementCount)
    let device = decoder.device
    self.device = device
    configuration = decoder.configuration
    self.firstRow = firstRow
    form = prompt.form
    let start = prompt.form.cacheOrdered(prompt.values, in: decoder.configuration)
    values = try device.buffer(start)
    lastFinite = try device.buffer(start)
    candidate = try device.buffer(start)
    gradient = try device.buffer(zeros)
    addend = try device.buffer(count: accumulates ? zeros.count : 0)
    firstMoment = try device.buffer(zeros)
    secondMoment = try device.buffer(zeros)
    gradientNorm = try device.buffer([0])
    clipFactor = try device.buffer([1])
    // A run does not compute keys and values, and nothing is gathered at these rows.
    let first = max(0, firstRow - firstStepRow)
    rows = try device.rowIndices((first..<(first + form.tokenCount)).map(Int32.init))
  }
}

// Members that depend on the form.
extension PromptParameters {
  /// Computes the gradient of the run in `workspace`, and adds it to the present one where
  /// `accumulating`.
  ///
  /// - Parameters:
  ///   - decoder: the decoder.
  ///   - stateGradient: the gradient of the run's states.
  ///   - workspace: the memory of the run.
  ///   - precision: of the gradients that matrix multiplications read.
  ///   - accumulating: whether the present gradient is of another pass over the same batch.
  func computeGradient(
    _ decoder: Decoder, stateGradient: borrowing DeviceBuffer<Float>,
    in workspace: DecoderWorkspace,
    precision: ActivationPrecision, accumulating: Bool
  ) throws(ComputeError) {
    let (batch, cache, activations) = (workspace.batch, workspace.cache, workspace.activations)
    switch form {
    case .embeddings(let count, _):
      try decoder.backward(
        stateGradient: stateGradient, batch, cache: cache, activations: activations,
        scope: .prefixEmbeddings, precision: precision)
      guard accumulating else {
        return try decoder.gatherEmbeddingGradient(
          activations, at: rows, count: count, into: &gradient)
      }
      try decoder.gatherEmbeddingGradient(activations, at: rows, count: count, into: &addend)
    case .keysValues:
      try decoder.backward(
        stateGradient: stateGradient, batch, cache: cache, activations: activations,
        scope: .prefixKeysValues, precision: precision
      ) { layer, key, value throws(ComputeError) in
        try collect(key, ofLayer: layer, tensor: 0, accumulating: accumulating)
        try collect(value, ofLayer: layer, tensor: 1, accumulating: accumulating)
      }
      guard accumulating else { return }
    }
    try device.add(addend, to: &gradient, count: form.elementCount)
  }

  /// Copies the prompt's rows of the gradient of one layer's keys or values.
  private func collect(
    _ rowGradients: borrowing DeviceBuffer<Float>, ofLayer layer: Int, tensor: Int,
    accumulating: Bool
  ) throws(ComputeError) {
    let tensor = form.tensors[tensor]
    let width = tensor.shape[2] * tensor.shape[3]
    let count = form.tokenCount * width
    let (from, to) = (firstRow * width, tensor.range.lowerBound + layer * count)
    if accumulating {
      try device.copy(rowGradients, from: from, into: &addend, at: to, count: count)
    } else {
      try device.copy(rowGradients, from: from, into: &gradient, at: to, count: count)
    }
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

  /// One update from the clipped gradient; `step` counts from 1. A tensor's rate is
  /// `learningRate` times its factor.
  func update(_ optimizer: Optimizer, learningRate: Double, step: Int) throws(ComputeError) {
    for (index, tensor) in form.tensors.enumerated() {
      let (start, count) = (tensor.range.lowerBound, tensor.range.count)
      let rate = learningRate * (rateFactors.isEmpty ? 1 : rateFactors[index])
      switch optimizer {
      case .adamW(let beta1, let beta2, let epsilon, let weightDecay):
        try device.adamW(
          &values, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment,
          from: start, count: count, learningRate: rate, betas: (beta1, beta2),
          epsilon: epsilon, weightDecay: weightDecay, step: step, gradientScale: clipFactor)
      case .sgd(let momentum, let weightDecay):
        try device.sgd(
          &values, gradient: gradient, velocity: &firstMoment, from: start, count: count,
          learningRate: rate, momentum: momentum, weightDecay: weightDecay,
          gradientScale: clipFactor)
      }
    }
  }

  /// Makes the gradient that of no examples.
  func clearGradient() throws(ComputeError) { try device.fill(&gradient, with: 0) }

  /// Replaces the gradient by the sum of those of all ranks. Waits for the device.
  ///
  /// - Parameter loss: a number that is summed too.
  /// - Returns: the sum of `loss`.
  func sumGradient(over ranks: Ranks, with loss: Float) throws(ComputeError) -> Float {
    let sums = ranks.sum(try device.download(gradient) + [loss])
    try device.upload(Array(sums.dropLast()), into: &gradient)
    return sums[sums.count - 1]
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
    LearnedPrompt(form: form, values: try onHost(values))
  }

  /// The optimizer's moments on the host. Waits for the device.
  func downloadMoments() throws(ComputeError) -> OptimizerMoments {
    OptimizerMoments(first: try onHost(firstMoment), second: try onHost(secondMoment))
  }

  /// The gradient on the host. Waits for the device.
  ///
  /// - Throws: driver errors.
  package func downloadGradient() throws(ComputeError) -> [Float] { try onHost(gradient) }

  /// Continues from these values and moments.
  func restore(
    _ prompt: LearnedPrompt, moments: OptimizerMoments
  ) throws(ComputeError) {
    precondition(prompt.form == form, "a prompt of another form")
    let start = form.cacheOrdered(prompt.values, in: configuration)
    try device.upload(start, into: &values)
    try device.upload(start, into: &lastFinite)
    try device.upload(
      form.cacheOrdered(moments.first, in: configuration), into: &firstMoment)
    try device.upload(
      form.cacheOrdered(moments.second, in: configuration), into: &secondMoment)
  }

  private func onHost(_ buffer: borrowing DeviceBuffer<Float>) throws(ComputeError) -> [Float] {
    form.checkpointOrdered(try device.download(buffer), in: configuration)
  }
}
