/// A training step of a small decoder, of the operations alone: forward, cross entropy, backward,
/// clipping, and an update of the prefix's rows. It allocates nothing but scratch.
final class TrialStep {
  /// What a layer keeps for the backward pass.
  private final class Layer {
    var input, middle: DeviceBuffer<Float>
    var inputScale, middleScale: DeviceBuffer<Float>
    var query, key, value: DeviceBuffer<Float>
    var context, logSumExp: DeviceBuffer<Float>
    var gateUp: DeviceBuffer<Float>

    init(_ device: Device, _ sizes: TrialSizes) throws(ComputeError) {
      let (rows, heads) = (sizes.rows, sizes.heads)
      input = try device.buffer(count: rows * sizes.hidden)
      middle = try device.buffer(count: rows * sizes.hidden)
      inputScale = try device.buffer(count: rows)
      middleScale = try device.buffer(count: rows)
      query = try device.buffer(count: rows * heads.queryWidth)
      key = try device.buffer(count: rows * heads.keyValueWidth)
      value = try device.buffer(count: rows * heads.keyValueWidth)
      context = try device.buffer(count: rows * heads.queryWidth)
      logSumExp = try device.buffer(count: rows * heads.queryHeads)
      gateUp = try device.buffer(count: 2 * rows * sizes.feedForward)
    }
  }

  let device: Device
  private let sizes: TrialSizes
  private let rows: Int
  /// The layers, and one more whose input is the last one's output.
  private let layers: [Layer]
  /// Of every layer.
  private let projection, output, gateUp, down, head: WeightMatrix
  private let norm: DeviceBuffer<Float>
  private let layout: AttentionLayout
  private let rotation: RotaryTable
  private let indices, lossIndices: RowIndices
  private var normed, projected, hidden, logits, losses: DeviceBuffer<Float>
  private var gradient, contextGradient: DeviceBuffer<Float>
  private var queryGradient, keyGradient, valueGradient: DeviceBuffer<Float>
  private var targets: DeviceBuffer<Int32>
  private var parameters, firstMoment, secondMoment: DeviceBuffer<Float>
  private var gradientNorm, clipFactor: DeviceBuffer<Float>

  /// - Parameters:
  ///   - device: the device.
  ///   - sizes: of the operands.
  ///   - layers: number of layers.
  /// - Throws: allocation and driver errors.
  init(_ device: Device, sizes: TrialSizes, layers count: Int) throws(ComputeError) {
    let trial = Trial(device, sizes: sizes)
    let (rows, width, heads) = (sizes.rows, sizes.hidden, sizes.heads)
    self.device = device
    self.sizes = sizes
    self.rows = rows
    var layers: [Layer] = []
    for _ in 0...count { layers.append(try Layer(device, sizes)) }
    self.layers = layers
    func weights(_ outputs: Int, _ inputs: Int) throws(ComputeError) -> WeightMatrix {
      try WeightMatrix(
        device, rows: outputs, columns: inputs, precision: .bf16,
        values: trial.numbers(outputs * inputs, scale: 1 / Float(inputs).squareRoot()))
    }
    projection = try weights(heads.fusedWidth, width)
    output = try weights(width, heads.queryWidth)
    gateUp = try weights(2 * sizes.feedForward, width)
    down = try weights(width, sizes.feedForward)
    head = try weights(sizes.vocabulary, width)
    norm = try device.buffer([Float](repeating: 1, count: width))
    layout = try sizes.layout(device)
    rotation = try RotaryTable(
      device, inverseFrequencies: (0..<heads.headDimension / 2).map { 1 / Float(1 + $0) },
      positions: rows)
    indices = try device.rowIndices((0..<rows).map { Int32($0) })
    lossIndices = try device.rowIndices((0..<sizes.responses).map { Int32($0) })
    normed = try device.buffer(count: rows * width)
    projected = try device.buffer(count: rows * heads.fusedWidth)
    hidden = try device.buffer(count: rows * sizes.feedForward)
    logits = try device.buffer(count: sizes.responses * sizes.vocabulary)
    losses = try device.buffer(count: sizes.responses)
    gradient = try device.buffer(count: rows * width)
    contextGradient = try device.buffer(count: rows * heads.queryWidth)
    queryGradient = try device.buffer(count: rows * heads.queryWidth)
    keyGradient = try device.buffer(count: rows * heads.keyValueWidth)
    valueGradient = try device.buffer(count: rows * heads.keyValueWidth)
    targets = try device.buffer(count: sizes.responses)
    parameters = try device.buffer(count: sizes.prefix * width)
    firstMoment = try device.buffer(count: sizes.prefix * width)
    secondMoment = try device.buffer(count: sizes.prefix * width)
    gradientNorm = try device.buffer(count: 1)
    clipFactor = try device.buffer(count: 1)
  }

  /// Brings the trained rows and the optimiser to their initial state.
  func reset() throws(ComputeError) {
    let values = Trial(device, sizes: sizes).numbers(parameters.count)
    try device.upload(values, into: &parameters)
    try device.fill(&firstMoment, with: 0)
    try device.fill(&secondMoment, with: 0)
  }

  /// Loads the inputs of a round: the examples' embeddings and the targets.
  func load(_ round: Int) throws(ComputeError) {
    let trial = Trial(device, sizes: sizes)
    try device.upload(
      trial.numbers(rows * sizes.hidden, scale: 1 / Float(1 + round)), into: &layers[0].input)
    try device.upload(
      trial.tokens(sizes.responses, below: sizes.vocabulary - round), into: &targets)
  }

  /// The bits of all that a step leaves behind. Waits for the device.
  func results() throws(ComputeError) -> [UInt32] {
    var found = try device.download(parameters)
    found += try device.download(firstMoment)
    found += try device.download(secondMoment)
    found += try device.download(gradient)
    found += try device.download(losses)
    found += try device.download(gradientNorm)
    return found.map(\.bitPattern)
  }

  /// Enqueues the step.
  func enqueue(learningRate: Double = 0.01) throws(ComputeError) {
    let count = sizes.prefix * sizes.hidden
    try device.copy(parameters, into: &layers[0].input, count: count)
    for (layer, next) in zip(layers, layers.dropFirst()) { try forward(layer, into: next) }
    try computeLoss()
    for layer in layers.dropLast().reversed() { try backward(layer) }
    try device.gradientNorm(
      gradient, count: count, limit: 1, norm: &gradientNorm, clipFactor: &clipFactor)
    try device.adamW(
      &parameters, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment,
      count: count, learningRate: learningRate, step: 1, gradientScale: clipFactor)
  }

  private var scale: Float { 1 / Float(sizes.heads.headDimension).squareRoot() }

  private func forward(_ layer: Layer, into next: Layer) throws(ComputeError) {
    try device.rmsNorm(
      layer.input, weight: norm, epsilon: 1e-5, rows: rows, into: &normed,
      scale: &layer.inputScale)
    try device.matmul(normed, projection, rows: rows, into: &projected)
    try device.splitHeads(
      projected, rotation: rotation, positions: indices, keyRows: indices, heads: sizes.heads,
      rows: rows, query: &layer.query, key: &layer.key, value: &layer.value)
    try device.attention(
      query: layer.query, key: layer.key, value: layer.value, layout: layout, heads: sizes.heads,
      scale: scale, into: &layer.context, logSumExp: &layer.logSumExp)
    try device.matmul(
      layer.context, output, rows: rows, addingTo: layer.input, into: &layer.middle)
    try device.rmsNorm(
      layer.middle, weight: norm, epsilon: 1e-5, rows: rows, into: &normed,
      scale: &layer.middleScale)
    try device.matmul(normed, gateUp, rows: rows, into: &layer.gateUp)
    try device.swiGLU(
      layer.gateUp, activation: .silu, rows: rows, width: sizes.feedForward, into: &hidden)
    try device.matmul(hidden, down, rows: rows, addingTo: layer.middle, into: &next.input)
  }

  /// Of the last rows, and its gradient.
  private func computeLoss() throws(ComputeError) {
    let first = rows - sizes.responses
    try device.matmul(
      layers[layers.count - 1].input, head, rows: sizes.responses, inputRow: first, into: &logits)
    try device.crossEntropy(
      of: targets, at: lossIndices, logits: &logits, rows: sizes.responses, width: sizes.vocabulary,
      temperature: 1, weight: 1 / Float(sizes.responses), losses: &losses)
    try device.fill(&gradient, with: 0)
    try device.matmulBackward(
      logits, head, rows: sizes.responses, into: &gradient, outputRow: first)
  }

  private func backward(_ layer: Layer) throws(ComputeError) {
    try device.matmulBackward(gradient, down, rows: rows, into: &hidden)
    try device.swiGLUBackward(
      hidden, activation: .silu, rows: rows, width: sizes.feedForward, in: &layer.gateUp)
    try device.matmulBackward(layer.gateUp, gateUp, rows: rows, into: &normed)
    try device.rmsNormBackward(
      normed, x: layer.middle, weight: norm, scale: layer.middleScale, rows: rows,
      accumulating: true, into: &gradient)
    try device.matmulBackward(gradient, output, rows: rows, into: &contextGradient)
    try device.attentionBackward(
      outputGradient: contextGradient, query: layer.query, key: layer.key, value: layer.value,
      output: layer.context, logSumExp: layer.logSumExp, layout: layout, heads: sizes.heads,
      scale: scale, queryGradient: &queryGradient, keyGradient: &keyGradient,
      valueGradient: &valueGradient)
    try device.mergeHeads(
      queryGradient: queryGradient, keyGradient: keyGradient, valueGradient: valueGradient,
      rotation: rotation, positions: indices, keyRows: indices, heads: sizes.heads, rows: rows,
      into: &projected)
    try device.matmulBackward(projected, projection, rows: rows, into: &normed)
    try device.rmsNormBackward(
      normed, x: layer.input, weight: norm, scale: layer.inputScale, rows: rows,
      accumulating: true, into: &gradient)
  }
}
