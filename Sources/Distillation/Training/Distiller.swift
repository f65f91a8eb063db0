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

/// Trains a prompt until the student that reads it predicts what the teacher's cache says.
///
/// A step packs the prefix `header | prompt | closing` once and every example of the batch behind it; under the causal mask
/// the prefix's states do not depend on the examples, so all attend to the same keys and values, whose gradients add up.
/// Everything but the batch's indices stays on the device; losses and norms come back when reports are taken.
package final class Distiller {
  package let decoder: Decoder
  package let parameters: PromptParameters
  private let teacher: TeacherCache
  private let header: [Int]
  private let closing: [Int]
  private let objective: Objective
  private let optimizer: Optimizer
  private let clipNorm: Float?
  private let precision: ActivationPrecision

  private let device: Device
  private let workspace: DecoderWorkspace
  /// Rows that the workspace has behind the prefix.
  private let exampleRows: Int
  private var teacherRows: RowIndices
  private var losses: DeviceBuffer<Float>
  private var stateGradient: DeviceBuffer<Float>
  /// Of the steps since the last reports: loss of the first pass, gradient norm and, where steps may have one, loss of the
  /// second pass; [2 or 3, reportCapacity].
  private var history: DeviceBuffer<Float>
  private var pending: [(report: StepReport, passes: Int)] = []
  private var evaluator: PrefixedDecoder?

  /// Steps between two downloads of losses, at most.
  package static let reportCapacity = 64

  /// Allocates what steps of `batchSize` examples need, once.
  ///
  /// - Parameters:
  ///   - prompt: where training begins.
  ///   - clipNorm: the largest norm of a gradient that is used; nil uses all as they are.
  ///   - roundsActivations: lets the matmuls of a step round activations to bf16, where the device can. What is measured
  ///     with the same decoder outside of steps stays exact.
  ///   - evaluated: held-out examples that `evaluate` is to have memory for.
  package init(
    _ decoder: Decoder, teacher: TeacherCache, prompt: LearnedPrompt, header: [Int],
    closing: [Int], batchSize: Int, objective: Objective, optimizer: Optimizer, clipNorm: Float?,
    roundsActivations: Bool = false, evaluated: [AnsweredExample] = []
  ) throws(TransformerError) {
    let device = decoder.device
    let width = decoder.configuration.hiddenSize
    self.decoder = decoder
    self.device = device
    self.teacher = teacher
    self.header = header
    self.closing = closing
    self.objective = objective
    self.optimizer = optimizer
    self.clipNorm = clipNorm
    precision = roundsActivations ? .bf16 : .f32
    let prefixRows = header.count + prompt.form.tokenCount + closing.count
    let examples = teacher.examples
    let batchRows = examples.map(\.inputs.count).sorted(by: >).prefix(batchSize).reduce(0, +)
    let responses = examples.map(\.responseRows).sorted(by: >).prefix(batchSize).reduce(0, +)
    try decoder.checkLength(
      prefixRows + (examples.map(\.inputs.count).max() ?? 0), of: "prompt and response")
    let exampleRows = max(batchRows, evaluated.map(\.inputs.count).max() ?? 0)
    self.exampleRows = exampleRows
    do throws(ComputeError) {
      // Examples on both sides of a model's original context: a step may take two passes.
      let isMixed = Set(examples.map { decoder.isLong(prefixRows + $0.inputs.count) }).count > 1
      parameters = try PromptParameters(
        device, prompt: prompt, firstRow: header.count, accumulates: isMixed)
      workspace = try DecoderWorkspace(
        decoder, cacheRows: prefixRows + exampleRows, rows: prefixRows + exampleRows,
        responseRows: max(responses, evaluated.map(\.responseRows).max() ?? 0), training: true)
      teacherRows = try device.rowIndices(capacity: responses)
      losses = try device.buffer(count: responses)
      stateGradient = try device.buffer(count: responses * width)
      history = try device.buffer(
        [Float](repeating: 0, count: (isMixed ? 3 : 2) * Self.reportCapacity))
    } catch { throw .compute(error) }
  }

  private var prefixRows: Int { header.count + parameters.form.tokenCount + closing.count }

  /// Compares the student with the teacher on held-out examples, in the memory of the steps. Waits for the device.
  package func evaluate(_ judge: Judge) throws(TransformerError) -> HeldOut {
    let student = if let evaluator { evaluator } else { try makeEvaluator() }
    evaluator = student
    try student.read(
      header: header, softPrompt: parameters.values, count: parameters.form.tokenCount,
      closing: closing)
    return try judge.compare(student)
  }

  private func makeEvaluator() throws(TransformerError) -> PrefixedDecoder {
    try PrefixedDecoder(
      decoder, prefixRows: prefixRows,
      room: PrefixRoom(rows: exampleRows, responseRows: workspace.activations.responseCapacity),
      workspace: workspace)
  }

  /// Step number `step` (from 1) over these examples of the teacher's cache. Returns without waiting for the device.
  package func step(
    _ step: Int, examples chosen: [Int], learningRate: Float
  ) throws(TransformerError) {
    precondition(pending.count < Self.reportCapacity, "take reports at least that often")
    let (responses, passes) = (responseRows(chosen), passes(over: chosen))
    try computing { () throws(ComputeError) in
      if pending.isEmpty { try parameters.keepCandidate() }
      try computeGradient(passes, responses: responses)
      try applyGradient(step, learningRate: learningRate)
      try device.flush()
    }
    let report = StepReport(
      step: step, loss: 0, gradientNorm: 0, learningRate: learningRate, responseTokens: responses)
    pending.append((report, passes.count))
  }

  /// The examples of a batch by the rotary frequencies of their lengths: LongRoPE chooses by the length of each text, so long and
  /// short examples cannot share the keys of the prefix. One pass for all other models.
  private func passes(over chosen: [Int]) -> [[Int]] {
    let isLong = chosen.map { decoder.isLong(prefixRows + teacher.examples[$0].inputs.count) }
    let groups = [false, true].map { length in
      zip(chosen, isLong).filter { $0.1 == length }.map(\.0)
    }
    return groups.filter { !$0.isEmpty }
  }

  /// Leaves the gradient of the mean loss over `responses` response tokens in `parameters.gradient` and the loss of each pass
  /// in `history`.
  private func computeGradient(_ passes: [[Int]], responses: Int) throws(ComputeError) {
    let weight = 1 / Float(responses)
    let (batch, activations) = (workspace.batch, workspace.activations)
    for (pass, examples) in passes.enumerated() {
      let rows = responseRows(examples)
      try load(examples)
      try decoder.forward(
        batch, cache: workspace.cache, activations: activations, precision: precision)
      try device.headDivergence(
        &activations.states, head: decoder.head, shape: decoder.configuration.logitShape,
        teacher: teacher.rows, at: teacherRows, rows: rows, objective: objective,
        weight: weight, precision: precision, losses: &losses, hiddenGradient: &stateGradient)
      try decoder.backward(
        stateGradient: stateGradient, batch, cache: workspace.cache, activations: activations,
        scope: .prefixKeys, precision: precision)
      try parameters.collectGradient(decoder, from: activations, accumulating: pass > 0)
      try device.sum(
        losses, count: rows, factor: weight, into: &history,
        at: 2 * pass * Self.reportCapacity + pending.count)
    }
  }

  /// Clips the gradient in `parameters.gradient`, keeps its norm in `history` and updates the prompt.
  private func applyGradient(_ step: Int, learningRate: Float) throws(ComputeError) {
    try parameters.clip(limit: clipNorm ?? .infinity)
    try device.copy(
      parameters.gradientNorm, into: &history, at: Self.reportCapacity + pending.count, count: 1)
    try parameters.update(optimizer, learningRate: Double(learningRate), step: step)
  }

  private func responseRows(_ chosen: [Int]) -> Int {
    chosen.reduce(0) { $0 + teacher.examples[$1].responseRows }
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
      for index in reports.indices {
        reports[index].loss = Double(values[index])
        if passes[index] > 1 {
          reports[index].loss += Double(values[2 * Self.reportCapacity + index])
        }
        reports[index].gradientNorm = Double(values[Self.reportCapacity + index])
      }
    }
    if reports[0].loss.isFinite { parameters.acceptCandidate() }
    return reports
  }

  /// Packs the batch: uploads ids and indices, gathers embeddings, and inserts the prompt.
  private func load(_ chosen: [Int]) throws(ComputeError) {
    var tokens = header + [Int](repeating: 0, count: parameters.form.tokenCount) + closing
    var sequences = [
      PackedBatch.Sequence(rows: prefixRows, responseRows: 0, keyStart: 0, followsPrefix: false)
    ]
    for index in chosen {
      let example = teacher.examples[index]
      sequences.append(
        PackedBatch.Sequence(
          rows: example.inputs.count, responseRows: example.responseRows, keyStart: tokens.count,
          followsPrefix: true))
      tokens += example.inputs
    }
    try device.upload(teacher.indices(of: chosen), into: &teacherRows)
    try workspace.batch.fill(sequences, prefixRows: prefixRows)
    try workspace.embed(tokens, with: decoder)
    try parameters.insert(into: workspace.activations)
  }
}

extension Distiller {
  /// The prompt and the optimizer's moments. Waits for the device.
  package func snapshot() throws(TransformerError) -> (
    prompt: LearnedPrompt, moments: OptimizerMoments
  ) {
    try computing { () throws(ComputeError) in
      (try parameters.download(), try parameters.downloadMoments())
    }
  }

  /// Goes on from a snapshot.
  package func restore(
    _ prompt: LearnedPrompt, moments: OptimizerMoments
  ) throws(TransformerError) {
    try computing { () throws(ComputeError) in try parameters.restore(prompt, moments: moments) }
  }

  /// Puts the prompt back to the last whose loss was seen to be finite.
  package func restoreLastFinite() throws(TransformerError) {
    try computing { () throws(ComputeError) in try parameters.restoreLastFinite() }
  }
}
