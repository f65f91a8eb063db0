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
    /// The model that reads the full context; nil where it is the same.
    package var teacher: TeacherModel?
    /// The folders of the adapters, in the order of their prompts; at least one.
    package var adapters: [URL]
    /// The files and folders of the context; none where lines bring their own.
    package var context: [URL]
    /// The file of the tools that the teacher reads beside the context; nil for none.
    package var tools: URL?
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
      folder: ModelFolder, adapters: [URL], context: [URL], tools: URL? = nil, inputs: URL,
      unrelated: URL? = nil,
      template: TemplateChoice,
      precision: WeightPrecision, responseTokens: Int
    ) {
      self.folder = folder
      self.adapters = adapters
      self.context = context
      self.tools = tools
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
  ///
  /// - Throws: before the model is loaded, for the first file that cannot be read or does not fit
  ///   the others; then ``DistillationError/transformer(_:)`` with allocation and driver errors.
  package func perform(
    on device: Device, sharedBy ranks: Ranks = .one, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Evaluation {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    var configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let other = try teacher.map { [configuration] (model) throws(DistillationError) in
      try OtherTeacher(model, for: folder, configuration)
    }
    if let other { configuration.vocabularySize = other.configuration.vocabularySize }
    let group = try AdapterGroup(adapters, for: configuration)
    let kinships = try group.kinships(to: folder)
    let corpus = try Corpus(contentsOf: context)
    let tools = try tools.map { (url) throws(DistillationError) in
      try ToolDefinitions(contentsOf: url)
    }
    // A context of token ids needs no template.
    let isText = if case .identifiers = corpus.context { false } else { true }
    let conditioning = try group.framing(
      Conditioning(
        corpus.context, tools: tools, folder: folder,
        template: isText ? template.within(group.template) : template,
        vocabularySize: configuration.vocabularySize, reading: group.inputReading,
        needsContext: !group.isWithoutContext))
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let data = try Dataset.read(inputs, reader: conditioning.reader)
    let contextFile = corpus.context?.file
    var notices =
      corpus.notices + group.notices + group.notices(kinships) + group.notices(other?.record)
      + (other?.notices(conditioning) ?? [])
      + InputNotice.ofReading(conditioning, contextFile: contextFile, data.examples)
    let spans = try ContextSpans(of: data.examples, conditioning)
    let replaced = conditioning.context + spans.ownTokens
    if replaced.isEmpty {
      if teacher != nil {
        throw .option(
          .teacher,
          expected: "a context for it to read, of the command or of the lines of inputs",
          found: "none")
      }
      try data.checkResponses()
    }
    notices += group.notices(
      tools, in: spans.ownTokens.isEmpty ? conditioning : nil, file: contextFile)
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
      responseTokens: responseTokens, student: configuration, rows: studentPrefix.rows,
      teacher: other?.configuration, spans)
    let readsContext =
      other == nil || spans.longestRows + longest <= configuration.maximumPositions
    if !readsContext {
      notices.append(
        .shortWindow(positions: configuration.maximumPositions, context: spans.longestRows))
    }
    let unrelated =
      readsContext
      ? try UnrelatedPrompts.read(
        unrelated, conditioning.reader, prefix: max(spans.longestRows, studentPrefix.rows),
        positions: configuration.maximumPositions) : []

    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    decoder.limitVocabulary(to: configuration.vocabularySize)
    let rounding = RunRounding(
      weights: try WeightRounding(
        precision, decoder, folder, replaced.isEmpty ? data.examples[0].prompt : replaced)?.error)
    let longestText = max(longest, UnrelatedPrompts.longest(unrelated))
    let capacity = PrefixCapacity(
      longest: longestText, answers: data.examples.count, for: decoder)
    var options = TrainingOptions()
    options.responseTokens = responseTokens
    // The frame stays without the prompt too, also where the context is given as token ids.
    let frame = conditioning.isPlaced ? conditioning.frame : group.frame
    let nothing = try distilling { () throws(TransformerError) in
      try decoder.prefill(Prefix(frame, .nothing), capacity: capacity)
    }
    func drift(
      _ teacher: PrefixedDecoder
    ) throws(TransformerError) -> DriftJudge? {
      guard !unrelated.isEmpty else { return nil }
      return try DriftJudge(
        unrelated, bare: nothing, teacher: teacher,
        stopIdentifiers: conditioning.stopIdentifiers, sharedBy: ranks
      ) { handle(.progress(.drifting, done: $0, total: unrelated.count)) }
    }
    var prepared = try answeredAndScored(
      data.examples, spans, conditioning, decoder, other, longestText, options, ranks,
      drift: drift, handle)
    if other != nil {
      // Its weights are gone by now.
      device.releaseKeptMemory()
      prepared.drift = try distilling { () throws(TransformerError) in
        try unrelated.isEmpty
          ? nil : drift(decoder.prefill(spans.prefixes[0], capacity: capacity))
      }
    }
    let (answers, judge) = (prepared.answers, prepared.judge)
    let (windows, student) = try distilling { () throws(TransformerError) in
      let windows =
        readsContext
        ? try judge.windowScores(spans, decoder, capacity: capacity) {
          handle(.progress(.comparingWindows, done: $0, total: $1))
        } : nil
      return (windows, try decoder.prefill(studentPrefix, capacity: capacity))
    }
    var verdict = try judge.verdict(
      student: student, nothing: nothing, words: conditioning.words, calls: conditioning.toolCalls,
      windows: windows
    ) { handle(.progress(.judging, done: $0, total: $1)) }
    verdict.validation.drift = try distilling { () throws(TransformerError) in
      try prepared.drift?.drift(of: student)
    }
    if let other {
      verdict.validation.teacher = try distilling { [verdict] () throws(TransformerError) in
        try judge.reading(
          other.record, spans, decoder, capacity: readsContext ? capacity : nil,
          klNoContext: verdict.withNothing.kl
        ) { handle(.progress(.comparingPrompts, done: $0, total: $1)) }
      }
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
      contextTokens: replaced.count,
      pseudoTokens: group.tokenCount, examples: data.examples.count,
      responseTokens: judge.responseTokens.reduce(0, +), validation: verdict.validation,
      alone: alone, noContext: verdict.withNothing,
      foreignAdapters: kinships.indices.filter { kinships[$0] == .other },
      teacherAnswers: answers.records.count, cutAnswers: answers.cutCount,
      hasEndToken: !conditioning.stopIdentifiers.isEmpty, notices: notices,
      rounding: rounding)
  }
}
