package import Compute
import Foundation
import HuggingFace
internal import Transformer

/// How well an adapter replaces a context on given examples.
package struct Evaluation: Sendable {
  /// Tokens of the context.
  package var contextTokens: Int
  /// Vectors of the adapter: the soft prompt's, or PEFT's virtual tokens.
  package var pseudoTokens: Int
  /// Examples that were compared.
  package var examples: Int
  /// Response tokens of all examples.
  package var responseTokens: Int
  /// The numbers, as a run's report states them.
  package var validation: RunMetrics.Validation
  /// Agreement of the model with nothing in the context's place.
  package var noContext: HeldOut
  /// Whether the adapter says that it was made for another model.
  package var isForeignAdapter: Bool
  /// Responses that the teacher gave.
  package var teacherAnswers: Int
  /// Those that reached the limit before their end.
  package var cutAnswers: Int
  /// Whether any token ends an answer before that.
  package var hasEndToken: Bool
  /// What to know of the inputs.
  package var notices: [InputNotice]

  /// What a user asks of an evaluation.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// The folder of the adapter.
    package var adapter: URL
    /// The file of the context.
    package var context: URL
    /// The file of the examples.
    package var inputs: URL
    /// `auto` takes the one that the adapter was made in.
    package var template: TemplateChoice
    /// The element type of the weights on the device.
    package var precision: WeightPrecision
    /// The most tokens that the teacher answers where an example has no response.
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

  /// Runs the model with the full context, with the adapter, and with neither.
  package init(
    _ request: Request, device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let adapter = try AdapterImport(at: request.adapter, width: configuration.hiddenSize)
    let context = try ContextText(contentsOf: request.context)
    // A context of identifiers needs no template.
    let isText = if case .text = context { true } else { false }
    let conditioning = try adapter.surrounding(
      Conditioning(
        context, folder: request.folder,
        template: isText ? request.template.within(adapter.template) : request.template,
        vocabularySize: configuration.vocabularySize, reading: adapter.inputReading),
      file: request.adapter.path)
    handle(.placed(conditioning.contextPlace, missingTokens: conditioning.missingTokens))
    let data = try Dataset.read(request.inputs, reader: conditioning.reader)
    isForeignAdapter = try adapter.isForeign(to: request.folder)
    notices = InputNotice.ofReading(conditioning, contextFile: context.file, data.examples)
    if adapter.isForeign(to: conditioning.context) {
      notices.append(.otherContext(file: context.file, adapter: request.adapter.path))
    }
    if data.examples.count < InputNotice.few {
      notices.append(.fewHeldOut(count: data.examples.count))
    }
    let studentPrefix = adapter.prefix(in: conditioning)
    let longestPrefix = max(
      conditioning.contextPrefixCount, studentPrefix.rows(width: configuration.hiddenSize))
    try data.checkLengths(
      prefix: longestPrefix, responseTokens: request.responseTokens,
      positions: configuration.maximumPositions)

    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder(request.folder, on: device, precision: request.precision, handle: handle)
    }
    let lengths = data.examples.map {
      $0.prompt.count + ($0.response?.count ?? request.responseTokens)
    }
    let room = PrefixRoom(
      longest: lengths.max() ?? 1, answers: data.examples.count, for: decoder)
    handle(.progress(.readingContext, done: 0, total: conditioning.contextPrefixCount))
    let teacher = try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, header: conditioning.header, context: conditioning.context,
        closing: conditioning.contextClosing, room: room
      ) { handle(.progress(.readingContext, done: $0, total: conditioning.contextPrefixCount)) }
    }
    var options = TrainingOptions()
    options.responseTokens = request.responseTokens
    let answers = try TeacherAnswers(
      to: data.examples, by: teacher, conditioning, options, handle)
    let answered = answers.completing(data.examples)
    teacherAnswers = answers.records.count
    cutAnswers = answers.cutCount
    hasEndToken = !conditioning.stopIdentifiers.isEmpty
    let rows = TeacherCache.rowCount(answered)
    handle(.progress(.scoring, done: 0, total: rows))
    let verdict = try distilling { () throws(TransformerError) in
      let judge = try Judge(teacher, examples: answered) {
        handle(.progress(.scoring, done: $0, total: rows))
      }
      func model(_ prefix: Prefix) throws(TransformerError) -> PrefixedDecoder {
        try PrefixedDecoder(decoder, prefix: prefix, room: room)
      }
      // What stands around the soft prompt stands there without it too, also where the context is of identifiers.
      let around = conditioning.isPlaced ? conditioning.surroundings : adapter.surroundings
      let nothing = Prefix(
        header: around?.header ?? [], body: .nothing, closing: around?.closing ?? [])
      return try Verdict(
        judge, student: try model(studentPrefix), teacher: teacher.model,
        nothing: try model(nothing)
      ) { handle(.progress(.judging, done: $0, total: $1)) }
    }
    contextTokens = conditioning.context.count
    pseudoTokens = adapter.embeddings.count
    examples = answered.count
    responseTokens = rows
    validation = verdict.validation
    noContext = verdict.withNothing
  }
}
