import HuggingFace
internal import Inference
internal import Ranks
internal import Transformer

/// The state and the peak learning rates with which the training of a run begins.
struct RunStart {
  let state: TrainingState
  /// The recorded ones of a resumed run: defaults may have changed since it began.
  let rates: PeakRates

  /// The start of a run with embeddings.
  ///
  /// - Parameters:
  ///   - ranks: the ranks of the run.
  ///   - checkpoint: of a resumed run.
  init(
    embeddings decoder: Decoder, _ texts: RunTexts, _ options: TrainingOptions,
    sharedBy ranks: Ranks, resuming checkpoint: TrainingCheckpoint?
  ) throws(DistillationError) {
    let source = InitializationSource(
      context: texts.context, width: texts.configuration.hiddenSize,
      vocabularySize: texts.conditioning.ordinaryCount,
      specialIdentifiers: texts.conditioning.specialIdentifiers, sharedBy: ranks
    ) { identifiers throws(DistillationError) in try decoder.embeddings(of: identifiers) }
    state =
      if let checkpoint {
        TrainingState(checkpoint)
      } else {
        TrainingState(
          prompt: try LearnedPrompt.initial(
            options.initialization, count: options.tokens, from: source, seed: options.seed))
      }
    rates =
      if let recorded = checkpoint?.state.peakRates {
        recorded
      } else {
        .embeddings(options.peakLearningRate(embeddingScale: try source.embeddingScale()))
      }
  }

  /// The start of a run with keys and values.
  ///
  /// - Parameters:
  ///   - read: the model that has read a part of the context, by its index.
  ///   - folder: of the model, for its tokenizer.
  ///   - ranks: the ranks of the run.
  ///   - checkpoint: of a resumed run.
  init(
    keysValues read: (Int) throws(DistillationError) -> PrefixedDecoder, _ texts: RunTexts,
    _ options: TrainingOptions, folder: ModelFolder, sharedBy ranks: Ranks,
    resuming checkpoint: TrainingCheckpoint?
  ) throws(DistillationError) {
    let source = try Self.source(texts, options) { () throws(DistillationError) in try read(0) }
    // Before another part is read.
    rates = try Self.rates(source, options, resuming: checkpoint)
    state =
      if let checkpoint {
        TrainingState(checkpoint)
      } else if options.initialization == .first || options.initialization == .chunks {
        TrainingState(
          prompt: try KeyValueSource.rows(
            options.initialization, count: options.tokens, of: texts.spans.startingParts,
            frame: texts.conditioning.frame, longest: texts.longest(options),
            otherRows: texts.neighbors.rows, read: read))
      } else {
        TrainingState(
          prompt: try Self.completed(
            source.initial(options.initialization, count: options.tokens, sharedBy: ranks) {
              () throws(DistillationError) in
              try Self.unrelatedText(folder, texts.conditioning)
            }, texts, options, read))
      }
  }

  /// The start of a run with keys and values by attention matching.
  ///
  /// - Parameters:
  ///   - read: the model that has read a part of the context, by its index.
  ///   - examples: the training examples with their responses.
  ///   - checkpoint: of a resumed run.
  init(
    matching read: (Int) throws(TransformerError) -> PrefixedDecoder,
    to examples: [Example], _ texts: RunTexts,
    _ options: TrainingOptions, resuming checkpoint: TrainingCheckpoint?,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let source = try Self.source(texts, options) { () throws(DistillationError) in
      try distilling { () throws(TransformerError) in try read(0) }
    }
    // Before another part is read.
    rates = try Self.rates(source, options, resuming: checkpoint)
    if let checkpoint {
      state = TrainingState(checkpoint)
    } else {
      let parts = texts.spans.startingParts
      handle(.progress(.matching, done: 0, total: texts.configuration.layerCount))
      let matched = MatchedStart(
        source.teacher.decoder, parts: parts, frame: texts.conditioning.frame,
        beside: texts.neighbors.prompts,
        seed: options.seed)
      state = TrainingState(
        prompt: try distilling { () throws(TransformerError) in
          try matched.prompt(
            count: options.tokens,
            examples: parts.indices.map { part in examples.filter { $0.span == part } },
            isLong: source.isLong, read: read)
        })
      let layers = texts.configuration.layerCount
      handle(.progress(.matching, done: layers, total: layers))
    }
  }

  /// The rows of the context's first part, from which keys and values start.
  ///
  /// - Parameter read: the model that has read it; it begins where the run's tokens are few enough.
  private static func source(
    _ texts: RunTexts, _ options: TrainingOptions,
    reading read: () throws(DistillationError) -> PrefixedDecoder
  ) throws(DistillationError) -> KeyValueSource {
    let parts = texts.spans.startingParts
    let tokens = parts.reduce(0) { $0 + KeyValueSource.contextRows(of: $1).count }
    guard options.tokens < tokens else {
      throw LearnedPrompt.tooMany(options.tokens, contextTokens: tokens)
    }
    return KeyValueSource(
      try read(), parts[0], frame: texts.conditioning.frame, longest: texts.longest(options),
      count: options.tokens, otherRows: texts.neighbors.rows)
  }

  /// The rates of keys and values.
  private static func rates(
    _ source: KeyValueSource, _ options: TrainingOptions, resuming checkpoint: TrainingCheckpoint?
  ) throws(DistillationError) -> PeakRates {
    if let recorded = checkpoint?.state.peakRates { return recorded }
    return .keysValues(options.keyValueRates(scales: try source.scales()))
  }

  /// A prompt of keys and values, with rows of `chunks` behind its own where it has fewer than the
  /// run.
  private static func completed(
    _ prompt: LearnedPrompt, _ texts: RunTexts, _ options: TrainingOptions,
    _ read: (Int) throws(DistillationError) -> PrefixedDecoder
  ) throws(DistillationError) -> LearnedPrompt {
    let rows = prompt.form.tokenCount
    guard rows < options.tokens else { return prompt }
    let more = try KeyValueSource.rows(
      .chunks, count: options.tokens - rows, of: texts.spans.startingParts,
      frame: texts.conditioning.frame,
      longest: texts.longest(options),
      otherRows: texts.neighbors.rows + rows, read: read)
    return LearnedPrompt(joining: [prompt, more])
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
