import Foundation
import HuggingFace
internal import Transformer

/// Everything that a run reads from its user's files before the weights are loaded, checked against
/// the model: what is wrong with them shows here, and nothing has been written yet.
struct RunTexts {
  let configuration: DecoderConfiguration
  let conditioning: Conditioning
  let training: [Example]
  let validation: [Example]
  /// Keys of the data that mean nothing here.
  let unusedKeys: [String]
  let fingerprints: RunFingerprints

  /// What is held out where the user does not say.
  private static let heldOutShare = 0.1

  /// - Parameter clock: what the template's clock showed when the run was begun, where it is resumed.
  init(_ request: RunRequest, clock: String? = nil) throws(DistillationError) {
    let options = request.options
    try options.validate()
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let context = try ContextText(contentsOf: request.context)
    var template = options.templateChoice
    template.wallClock = clock
    let conditioning = try Conditioning(
      context, folder: request.folder, template: template,
      vocabularySize: configuration.vocabularySize)
    guard options.tokens < conditioning.context.count else {
      throw SoftPrompt.tooMany(options.tokens, contextTokens: conditioning.context.count)
    }
    let inputs = try Dataset.read(request.inputs, reader: conditioning.reader)
    var (training, validation) = (inputs, Dataset(examples: []))
    var choice = request.validation
    if choice == .automatic {
      choice = inputs.examples.count > 1 ? .fraction(Self.heldOutShare) : .none
    }
    switch choice {
    case .file(let url): validation = try Dataset.read(url, reader: conditioning.reader)
    case .fraction(let fraction):
      (training, validation) = try inputs.split(
        validationFraction: fraction, seed: options.seed)
    case .none, .automatic: break
    }
    if options.patience != nil && validation.examples.isEmpty {
      throw .option(
        name: "patience", expected: "held-out examples to go by (--validation)", found: "none")
    }
    for data in [training, validation] {
      try data.checkLengths(
        prefix: conditioning.contextPrefixCount, responseTokens: options.responseTokens,
        positions: configuration.maximumPositions)
    }
    self.configuration = configuration
    self.conditioning = conditioning
    self.training = training.examples
    self.validation = validation.examples
    unusedKeys = Set(inputs.unusedKeys + validation.unusedKeys).sorted()
    fingerprints = RunFingerprints(
      model: try opening { () throws(ModelFolderError) in try request.folder.fingerprint() },
      header: conditioning.header, context: conditioning.context, closing: conditioning.closing,
      training: training.examples, validation: validation.examples)
  }

  /// Which training examples make up each step.
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

  /// What stands before every prompt, with `body` in the context's place.
  func prefix(_ body: Prefix.Body) -> Prefix {
    Prefix(header: conditioning.header, body: body, closing: conditioning.closing)
  }
}
