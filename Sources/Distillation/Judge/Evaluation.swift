package import Compute
import Foundation
import HuggingFace
internal import Inference
package import Ranks
internal import Transformer
import Weights

/// The quality of an adapter, or of several together, as a replacement of a context, on given
/// examples.
package struct Evaluation: Sendable {
  /// Tokens of the context.
  package var contextTokens: Int
  /// Number of rows of all adapters: the learned prompt's, or PEFT's virtual tokens.
  package var pseudoTokens: Int
  /// Number of compared examples.
  package var examples: Int
  /// Response tokens of all examples.
  package var responseTokens: Int
  /// The numbers, as in a run's report.
  package var validation: RunMetrics.Validation
  /// Each of several adapters alone, against the same teacher; none for one.
  package var alone: [RunMetrics.Reading]
  /// Agreement of the model with nothing in place of the context.
  package var noContext: HeldOut
  /// The indices of adapters that record another model.
  package var foreignAdapters: [Int]
  /// Number of responses that the teacher generated.
  package var teacherAnswers: Int
  /// Number of those that reached the limit before their end.
  package var cutAnswers: Int
  /// Whether any token ends an answer before the limit.
  package var hasEndToken: Bool
  /// Notices on the inputs.
  package var notices: [InputNotice]
  /// The error that quantised weights make.
  package var rounding: RunRounding

  /// A request for an evaluation.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// The folders of the adapters, in the order of their prompts; at least one.
    package var adapters: [URL]
    /// The files and folders of the context; none where lines bring their own.
    package var context: [URL]
    /// The file of the examples.
    package var inputs: URL
    /// `auto` takes the template of the adapter's training.
    package var template: TemplateChoice
    /// The element type of the weights on the device.
    package var precision: WeightPrecision
    /// The file of prompts that have nothing to do with the context; nil takes the built-in ones.
    package var unrelated: URL?
    /// The most tokens that the teacher generates where an example has no response.
    package var responseTokens: Int

    /// A request.
    package init(
      folder: ModelFolder, adapters: [URL], context: [URL], inputs: URL, unrelated: URL? = nil,
      template: TemplateChoice,
      precision: WeightPrecision, responseTokens: Int
    ) {
      self.folder = folder
      self.adapters = adapters
      self.context = context
      self.inputs = inputs
      self.unrelated = unrelated
      self.template = template
      self.precision = precision
      self.responseTokens = responseTokens
    }
  }
}

extension Evaluation.Request {
  /// Runs the model with the full context, with the adapters together and each alone, and with
  /// neither. Ranks share out the examples; all have the result.
  package func perform(
    on device: Device, sharedBy ranks: Ranks = .one, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Evaluation {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let group = try AdapterGroup(adapters, for: configuration)
    let kinships = try group.kinships(to: folder)
    let corpus = try Corpus(contentsOf: context)
    // A context of token ids needs no template.
    let isText = if case .identifiers = corpus.context { false } else { true }
    let conditioning = try group.framing(
      Conditioning(
        corpus.context, folder: folder,
        template: isText ? template.within(group.template) : template,
        vocabularySize: configuration.vocabularySize, reading: group.inputReading))
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let data = try Dataset.read(inputs, reader: conditioning.reader)
    let contextFile = corpus.context?.file
    var notices =
      corpus.notices + group.notices + group.notices(kinships)
      + InputNotice.ofReading(conditioning, contextFile: contextFile, data.examples)
    let spans = try ContextSpans(of: data.examples, conditioning)
    // Several adapters have a context each, of which this one is at best the sum.
    if let contextFile, spans.ownTokens.isEmpty, group.members.count == 1,
      group.members[0].adapter.isForeign(to: conditioning.context)
    {
      notices.append(
        .otherContext(file: contextFile, adapter: group.members[0].url.path))
    }
    if data.examples.count < InputNotice.few {
      notices.append(.fewJudged(count: data.examples.count))
    }
    let lengths = data.examples.map {
      $0.prompt.count + ($0.response?.count ?? responseTokens)
    }
    let longest = lengths.max() ?? 1
    let studentPrefix = try group.prefix(
      in: conditioning, of: configuration, textLength: longest)
    if let reach = group.windowReach(studentPrefix, longest: longest, of: configuration) {
      notices.append(.windowReach(reach))
    }
    try data.checkLengths(
      responseTokens: responseTokens, positions: configuration.maximumPositions
    ) { max(spans.prefixes[spans[$0.context]].rows, studentPrefix.rows) }
    let unrelated = try UnrelatedPrompts.read(
      unrelated, conditioning.reader,
      prefix: max(spans.longestRows, studentPrefix.rows),
      positions: configuration.maximumPositions)

    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    let rounding = RunRounding(
      weights: try WeightRounding(
        precision, decoder, folder, conditioning.context + spans.ownTokens)?.error)
    let capacity = PrefixCapacity(
      longest: max(longest, UnrelatedPrompts.longest(unrelated)),
      answers: data.examples.count, for: decoder)
    var options = TrainingOptions()
    options.responseTokens = responseTokens
    // The frame stays without the prompt too, also where the context is given as token ids.
    let frame = conditioning.isPlaced ? conditioning.frame : group.frame
    let nothing = try distilling { () throws(TransformerError) in
      try decoder.prefill(Prefix(frame, .nothing), capacity: capacity)
    }
    let prepared = try answeredAndScored(
      data.examples, spans, conditioning, decoder, capacity, options, ranks,
      drift: { (teacher) throws(TransformerError) in
        guard !unrelated.isEmpty else { return nil }
        return try DriftJudge(
          unrelated, bare: nothing, teacher: teacher,
          stopIdentifiers: conditioning.stopIdentifiers, sharedBy: ranks
        ) { handle(.progress(.drifting, done: $0, total: unrelated.count)) }
      }, handle)
    let (answers, judge) = (prepared.answers, prepared.judge)
    let (windows, student) = try distilling { () throws(TransformerError) in
      let windows = try judge.windowScores(spans, decoder, capacity: capacity) {
        handle(.progress(.comparingWindows, done: $0, total: $1))
      }
      return (windows, try decoder.prefill(studentPrefix, capacity: capacity))
    }
    var verdict = try judge.verdict(
      student: student, nothing: nothing, words: conditioning.words, windows: windows
    ) { handle(.progress(.judging, done: $0, total: $1)) }
    verdict.validation.drift = try distilling { () throws(TransformerError) in
      try prepared.drift?.drift(of: student)
    }
    let prefixes =
      group.members.count > 1
      ? try group.prefixesAlone(in: conditioning, of: configuration, textLength: longest) : []
    let alone = try distilling { () throws(TransformerError) in
      try judge.readings(
        of: prefixes, decoder, capacity: capacity, klNoContext: verdict.withNothing.kl
      ) { handle(.progress(.comparingPrompts, done: $0, total: $1)) }
    }
    return Evaluation(
      contextTokens: conditioning.context.count + spans.ownTokens.count,
      pseudoTokens: group.tokenCount, examples: data.examples.count,
      responseTokens: judge.responseTokens.reduce(0, +), validation: verdict.validation,
      alone: alone, noContext: verdict.withNothing,
      foreignAdapters: kinships.indices.filter { kinships[$0] == .other },
      teacherAnswers: answers.records.count, cutAnswers: answers.cutCount,
      hasEndToken: !conditioning.stopIdentifiers.isEmpty, notices: notices,
      rounding: rounding)
  }

  /// The teacher's answers where responses are missing, its scores of all responses, and the judge
  /// of drift that `drift` makes with the teacher after the first rank's last span.
  private func answeredAndScored(
    _ examples: [InputExample], _ spans: ContextSpans, _ conditioning: Conditioning,
    _ decoder: Decoder, _ capacity: PrefixCapacity, _ options: TrainingOptions, _ ranks: Ranks,
    drift: (PrefixedDecoder) throws(TransformerError) -> DriftJudge?,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> (answers: TeacherAnswers, judge: Judge, drift: DriftJudge?) {
    let teacher = try distilling { () throws(TransformerError) in
      try Teacher(decoder, prefixes: spans.prefixes, capacity: capacity)
    }
    let answers = try teacher.answers(
      to: examples, spans, conditioning, options, sharedBy: ranks, handle)
    let answered = answers.completing(examples, spans)
    let limits = AnswerLimits(
      stopIdentifiers: conditioning.stopIdentifiers, tokens: options.responseTokens)
    let known = examples.map { $0.response == nil }
    let (judge, measured) = try distilling { () throws(TransformerError) in
      let judge = try Judge(of: answered, for: decoder, limits: limits, sharedBy: ranks)
      let rows = judge.cache.ownRows
      var done = 0
      let order = teacher.pass(over: judge.cache.spans)
      for span in order {
        let model = try teacher.read(span) {
          handle(.progress(.readingContext, done: $0, total: $1))
        }
        handle(.progress(.scoring, done: done, total: rows))
        try model.score(judge.cache, span: span) {
          handle(.progress(.scoring, done: done + $0, total: rows))
        }
        done += judge.cache.rowCount(ofSpan: span)
        try judge.letAnswer(model, span: span, known: known) {
          handle(.progress(.answering, done: $0, total: $1))
        }
      }
      judge.gatherAnswers()
      return (judge, try drift(teacher.read(ranks.ofFirst(order.last ?? 0))))
    }
    return (answers, judge, measured)
  }
}
