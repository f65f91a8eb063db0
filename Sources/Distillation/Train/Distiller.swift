package import Compute
import HuggingFace
package import Inference
package import Transformer

/// Trains a prompt until the student's predictions with it are those in the teacher's cache.
///
/// A step packs the prefix `header | prompt | closing` once, followed by every example of the
/// batch. Under the causal mask the prefix's states do not depend on the examples, so all attend to
/// the same keys and values, whose gradients add up. Of a prompt of keys and values no row is
/// computed: the header's keys and values stay in the cache, and a step packs the closing alone.
/// Other prompts between header and prompt do not change, and no row before them does: header and
/// others stay in the cache too. Everything except the batch's indices stays on the device; losses
/// and norms are downloaded when reports are taken. Of several ranks each computes its share of the
/// batch; gradients and losses are summed on the host once a step, and every rank applies the same
/// update.
package final class Distiller {
  package let decoder: Decoder
  package let parameters: PromptParameters
  let teacher: TeacherCache
  /// `header | other prompts | prompt | closing` with the initial prompt; the present values are in
  /// `parameters`.
  private let prefix: Prefix
  private let others: [StoredPrompt]
  private let objective: Objective
  private let optimizer: Optimizer
  private let clipNorm: Float?
  private let precision: ActivationPrecision

  let device: Device
  private let workspace: DecoderWorkspace
  /// Rows of the workspace after the prefix.
  private let exampleRows: Int
  private var teacherRows: RowIndices
  private var losses: DeviceBuffer<Float>
  private var stateGradient: DeviceBuffer<Float>
  /// Of the steps since the last reports: loss of the first pass, gradient norm and, where steps
  /// may have one, loss of the second pass; [2 or 3, reportCapacity].
  var history: DeviceBuffer<Float>
  /// Of the same steps: what is known of them here.
  var pending: [(report: StepReport, passes: Int)] = []
  /// The last batch with a computed gradient.
  var computed = (passes: 0, examples: [Int]())
  /// The commands of passes, by their shapes.
  private let graphs: CommandGraphs<PassShape>
  private var evaluator: PrefixedDecoder?
  /// Whether the rows before a step's own have the rotary frequencies of long texts; nil where they
  /// are not in the cache.
  private var frozenRowsAreLong: Bool?

  /// The most steps between two downloads of losses.
  package static let reportCapacity = 64

  /// Allocates the memory of steps of `batchSize` examples, once.
  ///
  /// - Parameters:
  ///   - decoder: the decoder.
  ///   - teacher: the teacher's cache of the training examples, with the ranks that share them out;
  ///     empty where no step follows.
  ///   - prompt: the initial prompt, inside `frame`.
  ///   - frame: the header and the closing.
  ///   - others: prompts between header and prompt, which stay as they are.
  ///   - batchSize: the most examples of a step.
  ///   - objective: the objective and its temperature.
  ///   - optimizer: the update rule.
  ///   - clipNorm: the largest norm of the gradient; nil does not clip.
  ///   - precision: of the activations that the matrix multiplications of a step read, where the
  ///     device can round them. Evaluations with the same decoder stay exact.
  ///   - rateFactors: the learning rate of each tensor of the prompt over the step's; empty for 1.
  ///   - evaluated: held-out examples that `evaluate` must have memory for.
  /// - Throws: `.tooLong` where the prefix and the longest example exceed the model's positions;
  ///   allocation errors.
  package init(
    _ decoder: Decoder, teacher: TeacherCache, prompt: LearnedPrompt, in frame: Frame,
    beside others: [LearnedPrompt] = [], batchSize: Int, objective: Objective, optimizer: Optimizer,
    clipNorm: Float?,
    precision: ActivationPrecision = .f32, rateFactors: [Double] = [], evaluated: [Example] = []
  ) throws(TransformerError) {
    let device = decoder.device
    let width = decoder.configuration.hiddenSize
    self.decoder = decoder
    self.device = device
    self.teacher = teacher
    prefix = Prefix(frame, others: others, .prompt(prompt))
    self.objective = objective
    self.optimizer = optimizer
    self.clipNorm = clipNorm
    self.precision = precision
    graphs = CommandGraphs(device)
    let prefixRows = prefix.rows
    let (batchRows, responses) = BatchShares.most(
      of: teacher.longestExamples, batchSize: batchSize, ranks: teacher.shares.ranks.count)
    let lengths = teacher.inputLengths
    try decoder.checkLength(prefixRows + (lengths.max() ?? 0), of: "prompt and response")
    let exampleRows = max(batchRows, evaluated.map(\.inputs.count).max() ?? 0)
    self.exampleRows = exampleRows
    do throws(ComputeError) {
      // Examples on both sides of a model's original context: a step may take two passes.
      let isMixed = Set(lengths.map { decoder.isLong(prefixRows + $0) }).count > 1
      let frozenRows = prefix.firstStepRow
      parameters = try PromptParameters(
        decoder, prompt: prompt, firstRow: prefix.promptRows.lowerBound, firstStepRow: frozenRows,
        accumulates: isMixed, rateFactors: rateFactors)
      self.others = try others.map { (prompt) throws(ComputeError) in
        try StoredPrompt(decoder, prompt)
      }
      workspace = try DecoderWorkspace(
        decoder, cacheRows: prefixRows + exampleRows,
        rows: max(frame.header.count, prefixRows - frozenRows + exampleRows, 1),
        responseRows: max(responses, evaluated.map(\.responseRows).max() ?? 0, 1), training: true)
      teacherRows = try device.rowIndices(capacity: responses)
      losses = try device.buffer(count: responses)
      stateGradient = try device.buffer(count: responses * width)
      history = try device.buffer(
        [Float](repeating: 0, count: (isMixed ? 3 : 2) * Self.reportCapacity))
    } catch { throw .compute(error) }
  }

  /// Compares the student with the teacher on held-out examples, in the memory of the steps. Waits
  /// for the device.
  ///
  /// - Throws: allocation and driver errors.
  package func evaluate(_ judge: Judge) throws(TransformerError) -> HeldOut {
    let student = if let evaluator { evaluator } else { try makeEvaluator() }
    evaluator = student
    frozenRowsAreLong = nil
    try student.prefill(prompt: parameters.values)
    return try judge.compare(student)
  }

  private func makeEvaluator() throws(TransformerError) -> PrefixedDecoder {
    try PrefixedDecoder(
      decoder, prefix: prefix,
      capacity: PrefixCapacity(
        rows: exampleRows, responseRows: workspace.activations.responseCapacity),
      workspace: workspace)
  }

  /// Step number `step` (from 1) over these examples of the teacher's cache, rollouts among them:
  /// its gradient, and its update. Returns without waiting for the device.
  ///
  /// - Throws: driver errors.
  package func step(
    _ step: Int, examples: [Int], learningRate: Float
  ) throws(TransformerError) {
    try computeGradient(over: examples)
    try applyGradient(step, learningRate: learningRate)
  }

  /// Computes the gradient of the mean loss over the examples' response tokens in
  /// `parameters.gradient`; of several ranks each computes its share, and all get the sum.
  ///
  /// - Throws: driver errors.
  package func computeGradient(over examples: [Int]) throws(TransformerError) {
    precondition(pending.count < Self.reportCapacity, "take reports at least that often")
    try computing { () throws(ComputeError) in
      if pending.isEmpty { try parameters.keepCandidate() }
      let passes = passes(over: try teacher.share(of: examples, device))
      computed = (passes.count, examples)
      try computeGradient(passes, responses: responseRows(examples))
      if ranks.count > 1 { try sumOverRanks() }
    }
  }

  /// Clips the gradient in `parameters.gradient`, keeps its norm for the reports and updates the
  /// prompt. `step` counts from 1.
  ///
  /// - Throws: driver errors.
  package func applyGradient(_ step: Int, learningRate: Float) throws(TransformerError) {
    try computing { () throws(ComputeError) in
      try parameters.clip(limit: clipNorm ?? .infinity)
      try device.copy(
        parameters.gradientNorm, into: &history, at: Self.reportCapacity + pending.count, count: 1)
      try parameters.update(optimizer, learningRate: Double(learningRate), step: step)
      try device.flush()
    }
    let report = StepReport(
      step: step, loss: 0, gradientNorm: 0, learningRate: learningRate,
      responseTokens: responseRows(computed.examples),
      inputTokens: computed.examples.reduce(0) { $0 + teacher[$1].inputs.count },
      rollouts: computed.examples.count(where: teacher.isRollout))
    pending.append((report, computed.passes))
  }

  /// Splits the examples of a batch by the rotary frequencies of their lengths: LongRoPE selects
  /// them by the length of each text, so long and short examples cannot share the keys of the
  /// prefix. One pass for all other models.
  private func passes(over chosen: [Int]) -> [[Int]] {
    let isLong = chosen.map { decoder.isLong(prefix.rows + teacher[$0].inputs.count) }
    let groups = [false, true].map { length in
      zip(chosen, isLong).filter { $0.1 == length }.map(\.0)
    }
    return groups.filter { !$0.isEmpty }
  }

  /// Computes the gradient of all passes of a step, whose batch has `responses` response tokens;
  /// the loss of each pass is stored in `history`.
  private func computeGradient(_ passes: [[Int]], responses: Int) throws(ComputeError) {
    let weight = 1 / Float(responses)
    let activations = workspace.activations
    for (pass, examples) in passes.enumerated() {
      let rows = responseRows(examples)
      try device.upload(teacher.indices(of: examples), into: &teacherRows)
      let run = layout(of: examples)
      try readFrozenRows(before: run)
      try workspace.layOut(run, with: decoder)
      try teacherRows.check("headDivergence", below: teacher.rows.capacity)
      let shape = PassShape(
        sequences: run.sequences, prefixRows: run.prefixRows, textLength: run.textLength,
        weight: weight, accumulates: pass > 0)
      try graphs.run(shape) { () throws(ComputeError) in
        try workspace.insert(parameters.values, parameters.form, at: prefix.promptRows.lowerBound)
        try workspace.compute(
          run, with: decoder, prompt: parameters.values, others: others, precision: precision)
        try device.headDivergence(
          &activations.states, head: decoder.head, shape: decoder.configuration.logitShape,
          teacher: teacher.rows, at: teacherRows, rows: rows, objective: objective,
          weight: weight, precision: precision, losses: &losses, hiddenGradient: &stateGradient)
        try parameters.computeGradient(
          decoder, stateGradient: stateGradient, in: workspace, precision: precision,
          accumulating: pass > 0)
      }
      try device.sum(
        losses, count: rows, factor: weight, into: &history,
        at: lossIndex(ofPass: pass))
    }
  }

  /// Brings the rows before a step's own into the cache where others used the memory or texts of
  /// this length have other rotary frequencies.
  private func readFrozenRows(before run: RunLayout) throws(ComputeError) {
    guard prefix.firstStepRow > 0 else { return }
    let (isLong, first) = (decoder.isLong(run.textLength), prefix.promptRows.lowerBound)
    if frozenRowsAreLong != isLong {
      try workspace.read(
        upTo: first, of: prefix, with: decoder, prompt: parameters.values, others: others,
        textLength: run.textLength, precision: precision)
    }
    frozenRowsAreLong = isLong
  }

  private func responseRows(_ chosen: [Int]) -> Int {
    chosen.reduce(0) { $0 + teacher[$1].responseRows }
  }

  /// The prefix followed by the examples of a pass.
  private func layout(of examples: [Int]) -> RunLayout {
    var run = RunLayout(prefix)
    for index in examples {
      let example = teacher[index]
      run.append(example.inputs, responseRows: example.responseRows)
    }
    return run
  }
}
