package import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer

/// A model's answer to one prompt, after an adapter, a context, or nothing.
package struct Answer: Sendable {
  /// The answer's tokens, including its end token.
  package var identifiers: [Int]
  /// The answer without special tokens.
  package var text: String
  /// Whether the adapter records another model.
  package var isForeignAdapter: Bool
  /// Notices on the inputs.
  package var notices: [InputNotice]

  /// A request for an answer.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// The folder of an adapter before the prompt.
    package var adapter: URL?
    /// The file of a context before the prompt.
    package var context: URL?
    /// `auto` takes the adapter's template, or the model's own, or none.
    package var template: TemplateChoice
    /// The text of the prompt.
    package var prompt: String
    /// The element type of the weights on the device.
    package var precision: WeightPrecision
    /// The most tokens of the answer.
    package var maximumTokens: Int
    /// 0 takes the most likely token; above 0, tokens are sampled.
    package var temperature: Float
    /// The seed of sampling.
    package var seed: UInt64

    /// A request; either an adapter or a context at most.
    package init(
      folder: ModelFolder, adapter: URL?, context: URL?, template: TemplateChoice,
      prompt: String, precision: WeightPrecision, maximumTokens: Int, temperature: Float,
      seed: UInt64
    ) {
      self.folder = folder
      self.adapter = adapter
      self.context = context
      self.template = template
      self.prompt = prompt
      self.precision = precision
      self.maximumTokens = maximumTokens
      self.temperature = temperature
      self.seed = seed
    }
  }
}

extension Answer.Request {
  /// Loads the model and generates the answer.
  package func perform(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Answer {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let imported = try adapter.map { (url) throws(DistillationError) in
      try AdapterImport(at: url, for: configuration)
    }
    let text = try context.map { (url) throws(DistillationError) in
      try ContextText(contentsOf: url)
    }
    var conditioning = try Conditioning(
      text, folder: folder, template: template.within(imported?.template),
      vocabularySize: configuration.vocabularySize, isAlone: adapter == nil && context == nil,
      reading: imported?.inputReading ?? .present)
    if let imported, let adapter {
      conditioning = try imported.framing(conditioning, file: adapter.path)
    }
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let placed = try conditioning.prompt(prompt)
    let tokens = placed.identifiers
    guard !tokens.isEmpty else {
      throw .option(.prompt, expected: "a text", found: "one without tokens")
    }
    let isForeign = try imported?.isForeign(to: folder) ?? false
    let prefix =
      imported?.prefix(in: conditioning, of: configuration) ?? conditioning.teacherPrefix
    let rows = prefix.rows
    guard maximumTokens <= configuration.maximumPositions - rows - tokens.count else {
      throw .option(
        .maximumTokens,
        expected: "context, prompt and answer to fit the model's "
          + "\(Counted(configuration.maximumPositions, "position"))",
        found: "\(rows) + \(tokens.count) + \(maximumTokens) tokens")
    }
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let answers = try distilling { () throws(TransformerError) in
      let decoder = try Decoder.load(folder, on: device, precision: precision, handle: handle)
      handle(.progress(.readingContext, done: 0, total: rows))
      let model = try decoder.prefill(
        prefix, capacity: PrefixCapacity(rows: tokens.count + maximumTokens, responseRows: 1)
      ) {
        handle(.progress(.readingContext, done: $0, total: rows))
      }
      handle(.progress(.answering, done: 0, total: maximumTokens))
      return try model.generate(
        [tokens],
        options: GenerationOptions(
          maximumTokens: maximumTokens, temperature: temperature, seed: seed,
          stopIdentifiers: conditioning.stopIdentifiers)
      ) { handle(.progress(.answering, done: $0, total: $1)) }
    }
    let identifiers = answers.first ?? []
    let tokenizer = try Conditioning.tokenizer(of: folder)
    do {
      return Answer(
        identifiers: identifiers,
        text: try tokenizer.decode(identifiers, skippingSpecialTokens: true),
        isForeignAdapter: isForeign,
        notices: InputNotice.ofReading(conditioning, contextFile: text?.file, placed))
    } catch { throw .folder(.tokenizer("\(error)")) }
  }
}
