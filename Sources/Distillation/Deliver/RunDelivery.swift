internal import Compute
import Foundation
internal import Inference
internal import Ranks
internal import Transformer

/// The end of a run: it judges the prompt against the full context and no context, exports it, and
/// verifies the export.
struct RunDelivery {
  let request: RunRequest
  let texts: RunTexts
  let run: RunFolder
  let decoder: Decoder
  let prepared: Preparation
  let rounding: RunRounding
  let rates: PeakRates
  let changes: [OptionChange]
  let ranks: Ranks

  /// Writes the adapter alone. A failed run ends with it; a successful one begins with it, because
  /// judging takes time and memory, and no failure there may lose the prompt. An earlier report
  /// would belong to another adapter.
  func save(_ prompt: LearnedPrompt) throws(DistillationError) {
    try run.removeReport()
    try adapter(prompt).writeTensors(to: run)
  }

  /// Judges the best prompt, which is saved, and writes the report.
  func deliver(
    _ state: TrainingState, timing: RunMetrics.Timing, rollouts: RunMetrics.Rollouts?,
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunResult {
    let adapter = try adapter(state.bestPrompt)
    let windows = try windowScores(handle)
    let student = try model(.prompt(state.bestPrompt))
    let verdict = try verdict(student, windows, state.bestPrompt, handle)
    let divergence = try exportDivergence(state.bestPrompt, student, held: verdict?.withPrompt)
    let metrics = RunMetrics(
      contextTokens: texts.context.count, pseudoTokens: request.options.tokens,
      validation: verdict?.validation, timing: timing,
      memory: .init(
        peakHostBytes: HostMemory.peakBytes, deviceBytes: decoder.device.peakBytes,
        teacherCacheBytes: prepared.scores.cache.rows.byteCount),
      rounding: rounding, device: decoder.device.name,
      tunedKernels: decoder.device.tuning.kernels, threads: decoder.device.threads,
      ranks: ranks.count > 1 ? ranks.count : nil, seed: request.options.seed,
      gguf: texts.fingerprints.gguf, origin: origin(state), sizes: sizes(adapter),
      price: request.price, rollouts: rollouts)
    if let verdict { try run.write(try heldOutAnswers(verdict)) }
    try adapter.writeReadme(to: run, metrics: metrics, options: request.options, changes: changes)
    try run.write(metrics)
    if run.isWriting {
      try ReportPage([RunReport(contentsOf: run.url)], price: request.price).write(to: run)
    }
    return RunResult(
      output: run.url, method: request.options.method, metrics: metrics,
      noContext: verdict?.withNothing,
      isChat: texts.conditioning.isChat, hasTokenizer: texts.conditioning.isPlaced,
      bestStep: state.bestStep, steps: state.step,
      teacherAnswers: prepared.answers.records.count, exportDivergence: divergence,
      hasEvents: run.hasEvents)
  }

  private func origin(_ state: TrainingState) -> RunMetrics.Origin {
    RunMetrics.Origin(
      date: RunMetrics.Origin.now, model: request.modelName,
      lora: request.folder.adapters.map(\.url.path), context: texts.contextFile,
      tools: texts.tools?.record.names, bestStep: state.bestStep, steps: state.step,
      options: request.options, changes: changes, rates: rates,
      fingerprints: texts.fingerprints)
  }

  private func sizes(_ adapter: Adapter) -> RunMetrics.Sizes {
    let configuration = texts.configuration
    return RunMetrics.Sizes(
      context: texts.contextBytes,
      prompt: adapter.prompt.form.elementCount * MemoryLayout<Float>.size,
      contextCache: configuration.cacheBytes(rows: texts.context.count),
      promptCache: configuration.cacheBytes(rows: request.options.tokens))
  }

  /// The lines of `heldout_answers.jsonl`; after a context of token ids the ids are the text.
  private func heldOutAnswers(_ verdict: Verdict) throws(DistillationError) -> [HeldOutAnswer] {
    let answers = try verdict.answers.records { (identifiers) throws(DistillationError) in
      try texts.conditioning.text(of: identifiers)
        ?? identifiers.map { "\($0) " }.joined()
    }
    return texts.context.isEmpty ? answers.map(\.withoutContext) : answers
  }

  /// The prompt without others before it, where they begin.
  private func alone(_ prompt: LearnedPrompt) -> LearnedPrompt {
    let first = texts.conditioning.frame.header.count
    let textRows =
      texts.prefix(.prompt(prompt)).rows
      + texts.longest(request.options)
    return prompt.moved(
      from: first + texts.neighbors.rows, to: first, in: texts.configuration,
      isLong: texts.configuration.isLong(textRows))
  }

  /// The adapter of a prompt. Its files hold the prompt alone, so keys are rotated to the positions
  /// that they have without others before them.
  private func adapter(_ prompt: LearnedPrompt) throws(DistillationError) -> Adapter {
    let (configuration, conditioning) = (texts.configuration, texts.conditioning)
    let prompt = alone(prompt)
    return Adapter(
      prompt: prompt, frame: conditioning.frame,
      virtualTokens: try decoder.virtualTokens(prompt, in: conditioning.frame),
      origin: .init(
        model: request.modelName, lora: request.folder.adapters.map(\.url.path),
        template: conditioning.template,
        templateSource: conditioning.templateSource, isChat: conditioning.isChat,
        contextPosition: conditioning.contextPosition ?? .systemMessage,
        tokenizer: conditioning.isPlaced ? try AdapterTokenizer(of: request.folder) : nil,
        layerCount: configuration.layerCount, queryHeads: configuration.heads.queryHeads,
        embeddingSpace: configuration.embeddingSpace,
        substitute: conditioning.substitute, reading: conditioning.reading,
        stopIdentifiers: conditioning.stopIdentifiers,
        contextTokens: texts.context.count, fingerprints: texts.fingerprints,
        neighbors: texts.neighbors.records, tools: texts.tools?.record))
  }

  /// The model with `body` in place of the context.
  private func model(_ body: Prefix.Body) throws(DistillationError) -> PrefixedDecoder {
    try distilling { () throws(TransformerError) in
      try decoder.prefill(texts.prefix(body), capacity: capacity)
    }
  }

  private var capacity: PrefixCapacity {
    PrefixCapacity(
      longest: texts.longest(request.options),
      answers: texts.validation.count, for: decoder)
  }

  /// Compares the windows of the context before other models take memory.
  private func windowScores(
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> WindowScores? {
    guard texts.studentReadsContext else { return nil }
    let windows = try distilling { () throws(TransformerError) in
      try prepared.scores.judge?.windowScores(texts.spans, decoder, capacity: capacity) {
        handle(.progress(.comparingWindows, done: $0, total: $1))
      }
    }
    decoder.device.releaseKeptMemory()
    return windows
  }

  private func verdict(
    _ student: PrefixedDecoder, _ windows: WindowScores?, _ prompt: LearnedPrompt,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Verdict? {
    guard let judge = prepared.scores.judge else { return nil }
    let nothing = try model(.nothing)
    var verdict = try judge.verdict(
      student: student, nothing: nothing, words: texts.conditioning.words,
      calls: texts.conditioning.toolCalls, windows: windows
    ) { handle(.progress(.judging, done: $0, total: $1)) }
    verdict.validation.drift = try distilling { () throws(TransformerError) in
      try prepared.scores.drift?.drift(of: student)
    }
    verdict.validation.teacher = try texts.teacher.map {
      (teacher) throws(DistillationError) in
      try distilling { () throws(TransformerError) in
        try judge.reading(
          teacher.record, texts.spans, decoder,
          capacity: texts.studentReadsContext ? capacity : nil,
          klNoContext: verdict.withNothing.kl
        ) { handle(.progress(.comparingPrompts, done: $0, total: $1)) }
      }
    }
    verdict.validation.beside = try beside(
      judge, prompt, klNoContext: verdict.withNothing.kl, handle)
    if texts.context.isEmpty { verdict.validation = verdict.validation.withoutContext }
    return verdict
  }

  /// The other prompts without the trained one, and that one alone; nil where there are no others.
  private func beside(
    _ judge: Judge, _ prompt: LearnedPrompt, klNoContext: Double, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunMetrics.Beside? {
    let neighbors = texts.neighbors
    guard !neighbors.prompts.isEmpty else { return nil }
    let frame = texts.conditioning.frame
    let found = try distilling { () throws(TransformerError) in
      try judge.readings(
        of: [
          Prefix(frame, joining: neighbors.prompts), Prefix(frame, .prompt(alone(prompt))),
        ], decoder, capacity: capacity, klNoContext: klNoContext
      ) { handle(.progress(.comparingPrompts, done: $0, total: $1)) }
    }
    return RunMetrics.Beside(
      others: neighbors.records, withoutPrompt: found[0], alone: found[1])
  }

  /// Reads the exported adapter back and runs it as PEFT does, before every token, and without
  /// other prompts.
  private func exportDivergence(
    _ prompt: LearnedPrompt, _ student: PrefixedDecoder, held: HeldOut?
  ) throws(DistillationError) -> Double {
    // The first rank reads what it wrote, and the others take it from there.
    var exported =
      run.isWriting
      ? try PEFTFolder(run.url).virtualTokens(for: texts.configuration)
      : try decoder.virtualTokens(alone(prompt), in: texts.conditioning.frame)
    exported.values = ranks.ofFirst(exported.values)
    return try distilling { [exported] () throws(TransformerError) in
      let isAlone = texts.neighbors.prompts.isEmpty
      let model =
        isAlone
        ? student
        : try decoder.prefill(
          Prefix(texts.conditioning.frame, .prompt(alone(prompt))), capacity: capacity)
      return try prepared.scores.verification.change(
        by: Prefix(.prompt(exported)), of: model, known: isAlone ? held : nil, capacity: capacity)
    }
  }
}
