import HuggingFace
internal import Inference
internal import Transformer

/// The state and the peak learning rates with which the training of a run begins.
struct RunStart {
  let state: TrainingState
  /// The peak learning rate, of values where keys have one of their own.
  let peak: Float
  /// The peak learning rate of keys; nil for embeddings.
  let keyPeak: Float?
  /// The rate of each tensor of the prompt over `peak`; empty for 1.
  let rateFactors: [Double]

  /// The start of a run with embeddings.
  ///
  /// - Parameter checkpoint: of a resumed run.
  init(
    embeddings decoder: Decoder, _ texts: RunTexts, _ options: TrainingOptions,
    resuming checkpoint: TrainingCheckpoint?
  ) throws(DistillationError) {
    let source = InitializationSource(
      context: texts.context, width: texts.configuration.hiddenSize,
      vocabularySize: texts.conditioning.ordinaryCount,
      specialIdentifiers: texts.conditioning.specialIdentifiers
    ) { identifiers throws(DistillationError) in try decoder.embeddings(of: identifiers) }
    state =
      if let checkpoint {
        TrainingState(checkpoint)
      } else {
        TrainingState(
          prompt: try LearnedPrompt.initial(
            options.initialization, count: options.tokens, from: source, seed: options.seed))
      }
    peak = options.peakLearningRate(embeddingScale: try source.embeddingScale())
    keyPeak = nil
    rateFactors = []
  }

  /// The start of a run with keys and values.
  ///
  /// - Parameters:
  ///   - read: the model that has read a part of the context, by its index.
  ///   - folder: of the model, for its tokenizer.
  ///   - checkpoint: of a resumed run.
  init(
    keysValues read: (Int) throws(DistillationError) -> PrefixedDecoder, _ texts: RunTexts,
    _ options: TrainingOptions, folder: ModelFolder, resuming checkpoint: TrainingCheckpoint?
  ) throws(DistillationError) {
    let frame = texts.conditioning.frame
    let longest = texts.longest(responseTokens: options.responseTokens)
    let parts = texts.spans.startingParts
    let tokens = parts.reduce(0) { $0 + KeyValueSource.contextRows(of: $1, frame).count }
    guard options.tokens < tokens else {
      throw LearnedPrompt.tooMany(options.tokens, contextTokens: tokens)
    }
    let source = KeyValueSource(
      try read(0), texts.spans.prefixes[0], frame: frame, longest: longest, count: options.tokens,
      otherRows: texts.neighbors.rows)
    // Before another part is read.
    let scales = try source.scales()
    state =
      if let checkpoint {
        TrainingState(checkpoint)
      } else if options.initialization == .first || options.initialization == .chunks {
        TrainingState(
          prompt: try KeyValueSource.rows(
            options.initialization, count: options.tokens, of: parts, frame: frame,
            longest: longest, otherRows: texts.neighbors.rows, read: read))
      } else {
        TrainingState(
          prompt: try source.initial(options.initialization, count: options.tokens) {
            () throws(DistillationError) in
            try Self.unrelatedText(folder, texts.conditioning)
          })
      }
    let rates = options.keyValueRates(scales: scales)
    peak = rates.values
    keyPeak = rates.keys
    rateFactors = rates.factors
  }

  /// The start of a run with keys and values by attention matching.
  ///
  /// - Parameters:
  ///   - teacher: the model that has read the context, of several parts the first.
  ///   - examples: the training examples of that part with their responses.
  ///   - checkpoint: of a resumed run.
  init(
    matching teacher: PrefixedDecoder, to examples: [Example], _ texts: RunTexts,
    _ options: TrainingOptions, resuming checkpoint: TrainingCheckpoint?,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let longest = texts.longest(responseTokens: options.responseTokens)
    let source = KeyValueSource(
      teacher, texts.spans.prefixes[0], frame: texts.conditioning.frame, longest: longest,
      count: options.tokens, otherRows: texts.neighbors.rows)
    guard options.tokens < source.contextTokens else {
      throw LearnedPrompt.tooMany(options.tokens, contextTokens: source.contextTokens)
    }
    let matched = MatchedStart(
      teacher, prefix: texts.spans.prefixes[0], frame: texts.conditioning.frame,
      beside: texts.neighbors.prompts, seed: options.seed)
    if let checkpoint {
      state = TrainingState(checkpoint)
    } else {
      handle(.progress(.matching, done: 0, total: texts.configuration.layerCount))
      state = TrainingState(
        prompt: try distilling { () throws(TransformerError) in
          try matched.prompt(count: options.tokens, examples: examples, isLong: source.isLong)
        })
    }
    let rates = options.keyValueRates(scales: try source.scales())
    peak = rates.values
    keyPeak = rates.keys
    rateFactors = rates.factors
  }

  private static func unrelatedText(
    _ folder: ModelFolder, _ conditioning: Conditioning
  ) throws(DistillationError) -> [Int] {
    guard conditioning.isPlaced else {
      throw .option(
        .initialization, expected: "first, chunks, matched or a file for a context of token ids",
        found: "\(Initialization.randomText)")
    }
    do {
      return try Conditioning.tokenizer(of: folder).encode(
        UnrelatedText.text, addingSpecialTokens: false)
    } catch let error as DistillationError {
      throw error
    } catch { throw .folder(.tokenizer("\(error)")) }
  }
}
