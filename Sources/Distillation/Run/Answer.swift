package import Compute
import Foundation
import HuggingFace
internal import Transformer

/// What a model answers to one prompt, behind an adapter, a context, or nothing.
package struct Answer: Sendable {
  /// The answer's tokens, the one that ends it among them.
  package var identifiers: [Int]
  /// The answer without special tokens.
  package var text: String
  /// Whether the adapter says that it was made for another model.
  package var isForeignAdapter: Bool
  /// What to know of the inputs.
  package var notices: [InputNotice]

  /// What a user asks.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// The folder of an adapter that stands before the prompt.
    package var adapter: URL?
    /// The file of a context that stands before the prompt.
    package var context: URL?
    /// `auto` takes the adapter's, or the model's own, or none.
    package var template: TemplateChoice
    /// What is asked.
    package var prompt: String
    /// The element type of the weights on the device.
    package var precision: WeightPrecision
    /// The most tokens of the answer.
    package var maximumTokens: Int
    /// 0 takes the most likely token; above, tokens are drawn.
    package var temperature: Float
    /// What is drawn follows from it.
    package var seed: UInt64

    /// A request; of adapter and context one at most.
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

  /// Loads the model and lets it answer.
  package init(
    _ request: Request, device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    var adapter: AdapterImport?
    if let url = request.adapter {
      adapter = try AdapterImport(at: url, width: configuration.hiddenSize)
    }
    var context: ContextText?
    if let url = request.context { context = try ContextText(contentsOf: url) }
    var conditioning = try Conditioning(
      context, folder: request.folder,
      template: request.template.within(adapter?.template),
      vocabularySize: configuration.vocabularySize,
      isAlone: request.adapter == nil && request.context == nil,
      reading: adapter?.inputReading ?? .present)
    if let adapter, let url = request.adapter {
      conditioning = try adapter.surrounding(conditioning, file: url.path)
    }
    handle(.placed(conditioning.contextPlace, missingTokens: conditioning.missingTokens))
    let prompt = try conditioning.prompt(request.prompt)
    guard !prompt.isEmpty else {
      throw .option(name: "prompt", expected: "a text", found: "one without tokens")
    }
    notices = InputNotice.ofReading(conditioning, contextFile: context?.file, [])
    isForeignAdapter = try adapter?.isForeign(to: request.folder) ?? false
    let prefix =
      if let adapter {
        adapter.prefix(in: conditioning)
      } else {
        Prefix(
          header: conditioning.header,
          body: conditioning.context.isEmpty ? .nothing : .context(conditioning.context),
          closing: conditioning.contextClosing)
      }
    let rows = prefix.rows(width: configuration.hiddenSize)
    guard request.maximumTokens <= configuration.maximumPositions - rows - prompt.count else {
      throw .option(
        name: "max-tokens",
        expected: "context, prompt and answer to fit the model's "
          + "\(Counted(configuration.maximumPositions, "position"))",
        found: "\(rows) + \(prompt.count) + \(request.maximumTokens) tokens")
    }
    let room = prompt.count + request.maximumTokens
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let answers = try distilling { () throws(TransformerError) in
      let decoder = try Decoder(
        request.folder, on: device, precision: request.precision, handle: handle)
      handle(.progress(.readingContext, done: 0, total: rows))
      let model = try PrefixedDecoder(
        decoder, prefix: prefix, room: PrefixRoom(rows: room, responseRows: 1)
      ) {
        handle(.progress(.readingContext, done: $0, total: rows))
      }
      handle(.progress(.answering, done: 0, total: request.maximumTokens))
      return try model.generate(
        [prompt],
        options: GenerationOptions(
          maximumTokens: request.maximumTokens, temperature: request.temperature,
          seed: request.seed, stopIdentifiers: conditioning.stopIdentifiers)
      ) { handle(.progress(.answering, done: $0, total: $1)) }
    }
    identifiers = answers.first ?? []
    let tokenizer = try Conditioning.tokenizer(of: request.folder)
    do {
      text = try tokenizer.decode(identifiers, skippingSpecialTokens: true)
    } catch { throw .folder(.tokenizer("\(error)")) }
  }
}
