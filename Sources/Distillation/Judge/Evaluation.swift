package import Compute
import Foundation
import HuggingFace
internal import Inference
internal import Transformer

/// The quality of an adapter as a replacement of a context, on given examples.
package struct Evaluation: Sendable {
  /// Tokens of the context.
  package var contextTokens: Int
  /// Number of vectors of the adapter: the soft prompt's, or PEFT's virtual tokens.
  package var pseudoTokens: Int
  /// Number of compared examples.
  package var examples: Int
  /// Response tokens of all examples.
  package var responseTokens: Int
  /// The numbers, as in a run's report.
  package var validation: RunMetrics.Validation
  /// Agreement of the model with nothing in place of the context.
  package var noContext: HeldOut
  /// Whether the adapter records another model.
  package var isForeignAdapter: Bool
  /// Number of responses that the teacher generated.
  package var teacherAnswers: Int
  /// Number of those that reached the limit before their end.
  package var cutAnswers: Int
  /// Whether any token ends an answer before the limit.
  package var hasEndToken: Bool
  /// Notices on the inputs.
  package var notices: [InputNotice]

  /// A request for an evaluation.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// The folder of the adapter.
    package var adapter: URL
    /// The file of the context.
    package var context: URL
    /// The file of the examples.
    package var inputs: URL
    /// `auto` takes the template of the adapter's training.
    package var template: TemplateChoice
    /// The element type of the weights on the device.
    package var precision: WeightPrecision
    /// The most tokens that the teacher generates where an example has no response.
    package var responseTokens: Int

    /// A request.
    package init(
      folder: ModelFolder, adapter: URL, context: URL, inputs: URL, template: TemplateChoice,
      precision: WeightPrecision, responseTokens: Int
    ) {
      self.folder = folder
      self.adapter = adapter
      self.context = context
      self.inputs = inputs
      self.template = template
      self.precision = precision
      self.responseTokens = responseTokens
    }
  }
}

extension Evaluation.Request {
  /// Runs the model with the full context, with the adapter, and with neither.
  package func perform(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Evaluation {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let imported = try AdapterImport(at: adapter, width: configuration.hiddenSize)
    let text = try ContextText(contentsOf: context)
    // A context of token ids needs no template.
    let isText = if case .text = text { true } else { false }
    let conditioning = try imported.framing(
      Conditioning(
        text, folder: folder,
        template: isText ? template.within(imported.template) : template,
        vocabularySize: configuration.vocabularySize, reading: imported.inputReading),
      file: adapter.path)
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let data = try Dataset.read(inputs, reader: conditioning.reader)
    var notices = InputNotice.ofReading(conditioning, contextFile: text.file, data.examples)
    if imported.isForeign(to: conditioning.context) {
      notices.append(.otherContext(file: text.file, adapter: adapter.path))
    }
    if data.examples.count < InputNotice.few {
      notices.append(.fewJudged(count: data.examples.count))
    }
    let studentPrefix = imported.prefix(in: conditioning)
    try data.checkLengths(
      prefix: max(conditioning.teacherPrefix.rows, studentPrefix.rows),
      responseTokens: responseTokens,
      positions: configuration.maximumPositions)

    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    let lengths = data.examples.map {
      $0.prompt.count + ($0.response?.count ?? responseTokens)
    }
    let capacity = PrefixCapacity(
      longest: lengths.max() ?? 1, answers: data.examples.count, for: decoder)
    let teacher = try decoder.readTeacherPrefix(conditioning, capacity: capacity, handle)
    var options = TrainingOptions()
    options.responseTokens = responseTokens
    let answers = try teacher.answers(to: data.examples, conditioning, options, handle)
    let answered = answers.completing(data.examples)
    let rows = TeacherCache.rowCount(answered)
    handle(.progress(.scoring, done: 0, total: rows))
    let verdict = try distilling { () throws(TransformerError) in
      let judge = try Judge.scoring(answered, by: teacher) {
        handle(.progress(.scoring, done: $0, total: rows))
      }
      try judge.letAnswer(teacher) { handle(.progress(.answering, done: $0, total: $1)) }
      // The frame stays without the prompt too, also where the context is given as token ids.
      let frame = conditioning.isPlaced ? conditioning.frame : imported.frame ?? Frame()
      return try judge.verdict(
        student: try decoder.prefill(studentPrefix, capacity: capacity),
        nothing: try decoder.prefill(Prefix(frame, .nothing), capacity: capacity)
      ) { handle(.progress(.judging, done: $0, total: $1)) }
    }
    return Evaluation(
      contextTokens: conditioning.context.count,
      pseudoTokens: imported.embeddings.form.tokenCount, examples: answered.count,
      responseTokens: rows, validation: verdict.validation, noContext: verdict.withNothing,
      isForeignAdapter: try imported.isForeign(to: folder),
      teacherAnswers: answers.records.count, cutAnswers: answers.cutCount,
      hasEndToken: !conditioning.stopIdentifiers.isEmpty, notices: notices)
  }
}
