package import Compute
package import Transformer

/// One step of the training, as it is reported.
package struct StepReport: Sendable, Equatable {
  /// From 1.
  package var step: Int
  /// Mean of the objective over the batch's response tokens, in nats.
  package var loss: Double
  /// L2 norm of the soft prompt's gradient before clipping.
  package var gradientNorm: Double
  package var learningRate: Float
  /// Response tokens of the batch.
  package var responseTokens: Int
}

/// Trains a soft prompt until the student that reads it predicts what the teacher's cache says.
///
/// A step packs the prefix `header | soft prompt | closing` once and every example of the batch behind it; under the causal mask
/// the prefix's states do not depend on the examples, so all attend to the same keys and values, whose gradients add up.
/// Everything but the batch's indices stays on the device; losses and norms come back when reports are taken.
package final class Distiller {
  package let decoder: Decoder
  package let prompt: TrainablePrompt
  private let teacher: TeacherCache
  private let header: [Int]
  private let closing: [Int]
  private let objective: Objective
  private let optimizer: Optimizer
  private let clipNorm: Float?
  private let roundsActivations: Bool

  private let device: Device
  private let batch: PackedBatch
  private let cache: KeyValueCache
  private let activations: DecoderActivations
  private var identifiers: DeviceBuffer<Int32>
  private let promptRows: DeviceBuffer<Int32>
  private var teacherRows: DeviceBuffer<Int32>
  private var losses: DeviceBuffer<Float>
  private var stateGradient: DeviceBuffer<Float>
  /// Of the steps since the last reports, [3, reportCapacity]: loss of the first pass, gradient norm, loss of the second pass.
  private var history: DeviceBuffer<Float>
  private var norm: DeviceBuffer<Float>
  /// The prompt's gradient of a second pass, and the prompt's rows in it; empty where no step has one.
  private var secondGradient: DeviceBuffer<Float>
  private let gradientRows: DeviceBuffer<Int32>
  private var pending: [(report: StepReport, passes: Int)] = []

  /// Steps between two downloads of losses, at most.
  package static let reportCapacity = 64

  /// Prepares memory for batches of `batchSize` examples: what a step needs is allocated here, once.
  ///
  /// - Parameters:
  ///   - prompt: [k, E], where training begins.
  ///   - clipNorm: the largest norm of a gradient that is used; nil uses all as they are.
  ///   - roundsActivations: lets the products of a step round activations to bf16, where the device can. What is measured
  ///     with the same decoder outside of steps stays exact.
  package init(
    _ decoder: Decoder, teacher: TeacherCache, prompt: [Float], header: [Int], closing: [Int],
    batchSize: Int, objective: Objective, optimizer: Optimizer, clipNorm: Float?,
    roundsActivations: Bool = false
  ) throws(TransformerError) {
    let (device, configuration) = (decoder.device, decoder.configuration)
    let width = configuration.hiddenSize
    self.decoder = decoder
    self.device = device
    self.teacher = teacher
    self.header = header
    self.closing = closing
    self.objective = objective
    self.optimizer = optimizer
    self.clipNorm = clipNorm
    self.roundsActivations = roundsActivations
    let prefix = header.count + prompt.count / width + closing.count
    let examples = teacher.examples
    let longest = examples.map(\.inputs.count).sorted(by: >).prefix(batchSize).reduce(0, +)
    let responses = examples.map(\.responseRows).sorted(by: >).prefix(batchSize).reduce(0, +)
    try decoder.checkLength(
      prefix + (examples.map(\.inputs.count).max() ?? 0), of: "soft prompt, prompt and response")
    let rows = prefix + longest
    let places = (0..<(prompt.count / width)).map { Int32(header.count + $0) }
    let isMixed = Set(examples.map { decoder.isLong(prefix + $0.inputs.count) }).count > 1
    do throws(ComputeError) {
      self.prompt = try TrainablePrompt(device, values: prompt, width: width)
      batch = try PackedBatch(device, configuration: configuration, capacity: rows)
      cache = try KeyValueCache(device, configuration: configuration, capacity: rows)
      activations = try DecoderActivations(
        device, configuration: configuration, rows: rows, responseRows: responses, training: true)
      identifiers = try device.buffer(count: rows)
      promptRows = try device.buffer(places)
      teacherRows = try device.buffer(count: responses)
      losses = try device.buffer(count: responses)
      stateGradient = try device.buffer(count: responses * width)
      norm = try device.buffer(count: 1)
      history = try device.buffer([Float](repeating: 0, count: 3 * Self.reportCapacity))
      secondGradient = try device.buffer(count: isMixed ? prompt.count : 0)
      gradientRows = try device.buffer(
        isMixed ? (0..<(prompt.count / width)).map { Int32($0) } : [])
    } catch { throw .compute(error) }
  }

  /// Tokens that a step over these examples reads: the prefix once, and every example's own.
  package func rows(of chosen: [Int]) -> Int {
    header.count + prompt.count + closing.count
      + chosen.reduce(0) { $0 + teacher.examples[$1].inputs.count }
  }

  /// Step number `step` (from 1) over these examples of the teacher's cache. Returns without waiting for the device.
  package func step(
    _ step: Int, examples chosen: [Int], learningRate: Float
  ) throws(TransformerError) {
    let responses = chosen.reduce(0) { $0 + teacher.examples[$1].responseRows }
    precondition(pending.count < Self.reportCapacity, "take reports at least that often")
    device.roundsActivations = roundsActivations
    defer { device.roundsActivations = false }
    let passes = passes(over: chosen)
    try computing { () throws(ComputeError) in
      if pending.isEmpty { try prompt.keepCandidate(on: device) }
      for (index, examples) in passes.enumerated() {
        try addGradient(of: examples, isFirst: index == 0, batchResponses: responses)
      }
      try device.gradientNorm(
        prompt.gradient, count: prompt.count * prompt.width, limit: clipNorm ?? .infinity,
        norm: &norm, clipFactor: &prompt.clipFactor)
      try device.copy(norm, into: &history, at: Self.reportCapacity + pending.count, count: 1)
      try prompt.update(device, optimizer, learningRate: Double(learningRate), step: step)
      try device.flush()
    }
    let report = StepReport(
      step: step, loss: 0, gradientNorm: 0, learningRate: learningRate, responseTokens: responses)
    pending.append((report, passes.count))
  }

  /// The examples of a batch by the rotary frequencies of their lengths: LongRoPE chooses by the length of each text, so long and
  /// short examples cannot share the keys of the prefix. One pass for all other models.
  private func passes(over chosen: [Int]) -> [[Int]] {
    let prefix = header.count + prompt.count + closing.count
    let isLong = chosen.map { decoder.isLong(prefix + teacher.examples[$0].inputs.count) }
    let groups = [false, true].map { length in
      zip(chosen, isLong).filter { $0.1 == length }.map(\.0)
    }
    return groups.filter { !$0.isEmpty }
  }

  /// Runs the model forward and backward over examples of a batch of `batchResponses` response tokens.
  ///
  /// - Parameter isFirst: the prompt's gradient is written; else it is added to.
  private func addGradient(
    of examples: [Int], isFirst: Bool, batchResponses: Int
  ) throws(ComputeError) {
    let responses = examples.reduce(0) { $0 + teacher.examples[$1].responseRows }
    let weight = 1 / Float(batchResponses)
    try load(examples)
    try decoder.forward(batch, cache: cache, activations: activations)
    try device.headDivergence(
      &activations.states, head: decoder.head, shape: decoder.configuration.logitShape,
      teacher: teacher.rows, at: teacherRows, rows: responses, objective: objective,
      weight: weight, losses: &losses, hiddenGradient: &stateGradient)
    try decoder.backward(
      stateGradient: stateGradient, batch, cache: cache, activations: activations,
      scope: .prefixKeys)
    if isFirst {
      try decoder.gatherEmbeddingGradient(
        activations, at: promptRows, count: prompt.count, into: &prompt.gradient)
    } else {
      try decoder.gatherEmbeddingGradient(
        activations, at: promptRows, count: prompt.count, into: &secondGradient)
      try device.scatterRows(
        secondGradient, to: gradientRows, count: prompt.count, width: prompt.width,
        accumulating: true, in: &prompt.gradient)
    }
    try device.sum(
      losses, count: responses, factor: weight, into: &history,
      at: (isFirst ? 0 : 2 * Self.reportCapacity) + pending.count)
  }

  /// The reports of the steps since the last call. Waits for the device. Where the first of the losses is finite, the prompt that
  /// gave it is the last good one; that of the last update is not, since nobody has seen its loss.
  package func takeReports() throws(TransformerError) -> [StepReport] {
    guard !pending.isEmpty else { return [] }
    let passes = pending.map(\.passes)
    var reports = pending.map(\.report)
    pending.removeAll(keepingCapacity: true)
    try computing { () throws(ComputeError) in
      let values = try device.download(history)
      for place in reports.indices {
        reports[place].loss = Double(values[place])
        if passes[place] > 1 {
          reports[place].loss += Double(values[2 * Self.reportCapacity + place])
        }
        reports[place].gradientNorm = Double(values[Self.reportCapacity + place])
      }
    }
    if reports[0].loss.isFinite { prompt.acceptCandidate() }
    return reports
  }

  /// Packs the batch: uploads ids and indices, gathers embeddings, and puts the soft prompt over its rows.
  private func load(_ chosen: [Int]) throws(ComputeError) {
    let prefix = header.count + prompt.count + closing.count
    var tokens = header + [Int](repeating: 0, count: prompt.count) + closing
    var sequences = [
      PackedBatch.Sequence(rows: prefix, responseRows: 0, keyStart: 0, followsPrefix: false)
    ]
    for index in chosen {
      let example = teacher.examples[index]
      sequences.append(
        PackedBatch.Sequence(
          rows: example.inputs.count, responseRows: example.responseRows, keyStart: tokens.count,
          followsPrefix: true))
      tokens += example.inputs
    }
    try device.upload(tokens.map(Int32.init), into: &identifiers)
    try device.upload(teacher.indices(of: chosen), into: &teacherRows)
    try batch.fill(sequences, prefixRows: prefix)
    try decoder.embed(identifiers, count: tokens.count, into: &activations.embeddings)
    try device.scatterRows(
      prompt.embeddings, to: promptRows, count: prompt.count, width: prompt.width,
      accumulating: false, in: &activations.embeddings)
  }
}
