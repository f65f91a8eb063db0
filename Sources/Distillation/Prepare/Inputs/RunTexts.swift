import Foundation
import HuggingFace
internal import Inference
internal import Transformer

/// The input files of a run, read and checked against the model before the weights are loaded:
/// errors in them appear here, before anything is written.
struct RunTexts {
  let configuration: DecoderConfiguration
  let conditioning: Conditioning
  private let contextFile: String
  let training: [InputExample]
  let validation: [InputExample]
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
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let context = try ContextText(contentsOf: request.context)
    var template = options.templateChoice
    template.wallClock = recorded?.templateClock
    let reading = recorded.map { $0.reading ?? .earlier } ?? .present
    let conditioning = try Conditioning(
      context, folder: request.folder, template: template,
      vocabularySize: configuration.vocabularySize, reading: reading)
    guard options.tokens < conditioning.context.count else {
      throw LearnedPrompt.tooMany(options.tokens, contextTokens: conditioning.context.count)
    }
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
    if options.patience != nil && validation.examples.isEmpty {
      throw .patienceWithoutValidation
    }
    for data in [training, validation] {
      try data.checkLengths(
        prefix: conditioning.teacherPrefix.rows, responseTokens: options.responseTokens,
        positions: configuration.maximumPositions)
    }
    self.configuration = configuration
    self.reading = reading
    self.conditioning = conditioning
    contextFile = context.file
    self.training = training.examples
    self.validation = validation.examples
    unusedKeys = Set(inputs.unusedKeys + validation.unusedKeys).sorted()
    fingerprints = RunFingerprints(
      model: try opening { () throws(ModelFolderError) in try request.folder.fingerprint() },
      context: conditioning.context, in: conditioning.frame,
      training: training.examples, validation: validation.examples)
  }

  /// Notices on the examples.
  var notices: [InputNotice] {
    var notices = InputNotice.ofReading(
      conditioning, contextFile: contextFile, training + validation)
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

  /// The longest prompt with its response, in tokens.
  func longest(responseTokens: Int) -> Int {
    (training + validation).map { $0.prompt.count + ($0.response?.count ?? responseTokens) }.max()
      ?? 1
  }

  /// The prefix of every prompt, with `body` in place of the context.
  func prefix(_ body: Prefix.Body) -> Prefix { Prefix(conditioning.frame, body) }
}
