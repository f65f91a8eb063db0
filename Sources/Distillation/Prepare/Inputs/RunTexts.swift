import Foundation
import HuggingFace
internal import Inference
internal import Transformer

/// The input files of a run, read and checked against the model before the weights are loaded:
/// errors in them appear here, before anything is written.
struct RunTexts {
  /// Of the student, with V as it is shared with the teacher.
  let configuration: DecoderConfiguration
  /// The teacher, where it is another model.
  let teacher: OtherTeacher?
  let conditioning: Conditioning
  /// What the teacher reads before the prompts.
  let spans: ContextSpans
  /// Whether the student's positions hold that beside the longest example, as those of a teacher of
  /// the same model do.
  let studentReadsContext: Bool
  /// The prompts before the trained one.
  let neighbors: Neighbors
  /// The most pseudo-tokens of runs that share a teacher; 0 for one alone.
  let sweptTokens: Int
  /// The token ids that the soft prompt replaces: those of the context, and of texts that lines
  /// bring of their own.
  let context: [Int]
  /// The tools for which the soft prompt stands too.
  let tools: ToolDefinitions?
  /// The file of the context as its user named it; nil where lines bring their own.
  let contextFile: String?
  /// The bytes of context and tools as UTF-8; nil where the context is given as token ids, or by
  /// lines.
  let contextBytes: Int?
  private let corpusNotices: [InputNotice]
  let training: [InputExample]
  let validation: [InputExample]
  /// Prompts that have nothing to do with the context; none where nothing is held out.
  let unrelated: [InputExample]
  /// Held-out examples that a study kept apart.
  private let heldOutByStudy: Int
  /// Keys of the data that are not used.
  let unusedKeys: [String]
  let fingerprints: RunFingerprints
  /// How the files were read.
  let reading: InputReading

  /// The held-out fraction where the user states none.
  private static let heldOutFraction = 0.1

  /// - Parameter recorded: the checkpoint of a resumed run.
  init(_ request: RunRequest, resuming recorded: TrainingCheckpoint.State?)
    throws(DistillationError)
  {
    let options = request.options
    try options.validate()
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    var configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    if let model = request.teacher { try options.check(teacher: model.name.reference) }
    let student = configuration
    teacher = try request.teacher.map { (model) throws(DistillationError) in
      try OtherTeacher(model, for: request.folder, student)
    }
    if let teacher { configuration.vocabularySize = teacher.configuration.vocabularySize }
    let group = try AdapterGroup(
      beside: request.beside, options.method, of: request.folder, for: configuration)
    let corpus = try Corpus(contentsOf: request.context)
    let tools = try request.tools.map { (url) throws(DistillationError) in
      try ToolDefinitions(contentsOf: url)
    }
    var template = options.templateChoice
    // Prompts that stand together have one header, in which a template may write the time.
    template.wallClock =
      recorded.map(\.templateClock) ?? group.template?.wallClock ?? request.templateClock
    let reading = recorded.map { $0.reading ?? .earlier } ?? .present
    let conditioning = try Conditioning(
      corpus.context, tools: tools, folder: request.folder, template: template,
      vocabularySize: configuration.vocabularySize, reading: reading,
      needsContext: options.loss != .crossEntropy)
    try group.checkFrame(conditioning)
    let inputs = try Dataset.read(request.inputs, reader: conditioning.reader)
    var (training, validation) = (inputs, Dataset(examples: []))
    var choice = request.validation
    let apart =
      choice == .automatic ? try inputs.splitByStudy(of: request.inputs) : nil
    if let apart {
      (training, validation) = apart
      choice = .none
    } else if choice == .automatic {
      let count = reading == .earlier ? inputs.examples.count : inputs.promptCount
      choice = count > 1 ? .fraction(Self.heldOutFraction) : .none
    }
    switch choice {
    case .file(let url): validation = try Dataset.read(url, reader: conditioning.reader)
    case .fraction(let fraction):
      (training, validation) = try inputs.split(
        validationFraction: fraction, seed: options.seed, reading: reading)
    case .none, .automatic: break
    }
    heldOutByStudy = apart?.validation.examples.count ?? 0
    if validation.examples.isEmpty { try request.checkWithoutValidation() }
    let spans = try ContextSpans(
      of: training.examples + validation.examples, conditioning)
    let context = conditioning.context + spans.ownTokens
    if context.isEmpty {
      try Self.checkWithoutContext(options, training.examples + validation.examples)
    } else if options.tokens >= context.count {
      throw LearnedPrompt.tooMany(options.tokens, contextTokens: context.count)
    }
    training.examples += try Mixture(options, beside: training.examples.count).examples(
      spans, conditioning, length: options.responseTokens)
    let studentRows =
      Prefix(conditioning.frame, .nothing).rows + options.tokens + group.tokenCount
    let examples = Dataset(examples: training.examples + validation.examples)
    try examples.checkLengths(
      responseTokens: options.responseTokens, student: configuration, rows: studentRows,
      teacher: teacher?.configuration, spans)
    let rollouts = options.rollouts > 0 ? options.responseTokens : 0
    let longest = examples.examples.map {
      $0.prompt.count + max($0.response?.count ?? options.responseTokens, rollouts)
    }
    let contextRows = spans.longestRows + (longest.max() ?? 1)
    studentReadsContext = teacher == nil || contextRows <= configuration.maximumPositions
    if !studentReadsContext {
      try options.check(contextRows: contextRows, of: configuration)
    }
    let unrelated = try UnrelatedPrompts.read(
      request.unrelated, conditioning.reader,
      prefix: studentReadsContext ? max(spans.longestRows, studentRows) : studentRows,
      positions: configuration.maximumPositions)
    self.unrelated = validation.examples.isEmpty || !studentReadsContext ? [] : unrelated
    neighbors = try Neighbors(
      group, in: conditioning, of: configuration,
      textRows: studentRows - group.tokenCount
        + max(longest.max() ?? 1, UnrelatedPrompts.longest(self.unrelated)))
    self.configuration = configuration
    sweptTokens = request.sweptTokens
    self.reading = reading
    self.conditioning = conditioning
    self.spans = spans
    self.context = context
    contextFile = corpus.context?.file
    self.tools = tools
    contextBytes = Self.bytes(of: corpus.context, tools)
    corpusNotices = corpus.notices
    self.training = training.examples
    self.validation = validation.examples
    unusedKeys = Set(inputs.unusedKeys + validation.unusedKeys).sorted()
    fingerprints = RunFingerprints(
      model: try opening { () throws(ModelFolderError) in try request.folder.fingerprint() },
      weights: try opening { () throws(ModelFolderError) in try request.folder.weightsDigest() },
      adapters: request.folder.adaptersDigest(), context: context, in: conditioning.frame,
      training: training.examples, validation: validation.examples,
      unrelated: request.unrelated == nil ? nil : unrelated, beside: neighbors.digest,
      tools: tools?.digest,
      gguf: try opening { () throws(ModelFolderError) in try request.folder.ggufIdentity() },
      bareModel: try opening { () throws(ModelFolderError) in
        try request.folder.adapters.isEmpty ? nil : request.folder.withoutAdapters.fingerprint()
      },
      teacher: teacher?.record)
  }

  private static func bytes(of context: ContextText?, _ tools: ToolDefinitions?) -> Int? {
    let toolBytes = tools?.json.text().utf8.count
    return switch context {
    case .text(let text, _): text.utf8.count + (toolBytes ?? 0)
    case .identifiers: nil
    case nil: toolBytes
    }
  }

  /// Tokens on which the model's roundings are measured: the context, or an example without one.
  var sample: [Int] {
    context.isEmpty ? training[0].prompt + (training[0].response ?? []) : context
  }

  /// Checks what only a context makes possible.
  private static func checkWithoutContext(
    _ options: TrainingOptions, _ examples: [InputExample]
  ) throws(DistillationError) {
    let without = "without a context"
    guard options.method == .embeddings else {
      throw .option(
        .method, expected: "embeddings \(without)", found: options.method.rawValue)
    }
    if let start = options.chosenInitialization, start.needsContext {
      throw .option(
        .initialization, expected: "vocabulary, random or an adapter \(without)", found: "\(start)")
    }
    for (name, share) in [
      (OptionName.reconstruct, options.reconstruct), (.regularize, options.regularize),
    ] where share > 0 {
      throw .option(name, expected: "0 \(without)", found: "\(share)")
    }
    try Dataset(examples: examples).checkResponses()
  }

  /// Notices on the examples.
  var notices: [InputNotice] {
    var notices =
      corpusNotices
      + InputNotice.ofReading(
        conditioning, contextFile: contextFile, training + validation)
    notices += teacher?.notices(conditioning) ?? []
    if !studentReadsContext {
      notices.append(
        .shortWindow(positions: configuration.maximumPositions, context: spans.longestRows))
    }
    if heldOutByStudy > 0 { notices.append(.heldOutByStudy(count: heldOutByStudy)) }
    let trained = Set(training.map(\.prompt))
    let shared = validation.count { trained.contains($0.prompt) }
    if shared > 0 { notices.append(.sharedPrompts(count: shared)) }
    if (1..<InputNotice.few).contains(validation.count) {
      notices.append(.fewHeldOut(count: validation.count))
    }
    return notices
  }

  /// The order of the training examples in steps.
  func order(_ options: TrainingOptions) -> BatchOrder {
    BatchOrder(
      count: training.count, batchSize: options.batchSize, isShuffled: options.shuffle,
      seed: options.seed)
  }

  /// The prefix of every prompt, with `body` in place of the context: a learned prompt behind the
  /// prompts beside it.
  func prefix(_ body: Prefix.Body) -> Prefix {
    let others = if case .prompt = body { neighbors.prompts } else { [LearnedPrompt]() }
    return Prefix(conditioning.frame, others: others, body)
  }
}
