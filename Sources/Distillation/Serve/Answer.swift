package import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer
import Weights

/// A model's answer to one prompt, after adapters, a context, or nothing.
package struct Answer: Sendable {
  /// The answer's tokens, including its end token.
  package var identifiers: [Int]
  /// The answer without special tokens.
  package var text: String
  /// The calls of tools in it.
  package var toolCalls: [ToolCall]
  /// Tokens before the prompt, and of the prompt.
  package var prefixTokens: Int
  package var promptTokens: Int
  /// Whether the model ended the answer.
  package var isComplete: Bool
  /// The indices of adapters that record another model.
  package var foreignAdapters: [Int]
  /// Notices on the inputs.
  package var notices: [InputNotice]
  /// The error that quantised weights make.
  package var rounding: RunRounding

  /// A request for an answer.
  package struct Request: Sendable {
    /// The model.
    package var folder: ModelFolder
    /// What stands before the prompt.
    package var preceding: PrecedingFiles
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

    /// A request; either adapters, or a context and tools at most.
    package init(
      folder: ModelFolder, preceding: PrecedingFiles, template: TemplateChoice, prompt: String,
      precision: WeightPrecision, maximumTokens: Int, temperature: Float,
      seed: UInt64
    ) {
      self.folder = folder
      self.preceding = preceding
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
  ///
  /// - Throws: before the model is loaded, for the first file that cannot be read, and
  ///   ``DistillationError/option(_:expected:found:)`` where prompt and answer do not fit its
  ///   positions; then ``DistillationError/transformer(_:)`` with allocation and driver errors.
  package func perform(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Answer {
    let texts = try PrecedingTexts(preceding, for: folder)
    let (configuration, group) = (texts.configuration, texts.group)
    let conditioning = try texts.conditioning(template)
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let placed = try conditioning.prompt(prompt)
    let tokens = placed.identifiers
    guard !tokens.isEmpty else {
      throw .option(.prompt, expected: "a text", found: "one without tokens")
    }
    let kinships = try group.kinships(to: folder)
    let prefix = try group.prefix(
      in: conditioning, of: configuration, textLength: tokens.count)
    let rows = prefix.rows
    let reach = group.windowReach(
      prefix, longest: tokens.count + min(maximumTokens, configuration.maximumPositions),
      of: configuration)
    guard maximumTokens <= configuration.maximumPositions - rows - tokens.count else {
      throw .option(
        .maximumTokens,
        expected: "context, prompt and answer to fit the model's "
          + "\(Counted(configuration.maximumPositions, "position"))",
        found: "\(rows) + \(tokens.count) + \(maximumTokens) tokens")
    }
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    let rounding = RunRounding(
      weights: try WeightRounding(
        precision, decoder, folder, conditioning.context + tokens)?.error)
    let answers = try distilling { () throws(TransformerError) in
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
    let calls = try conditioning.toolCalls(in: identifiers)
    do {
      return Answer(
        identifiers: identifiers,
        text: try tokenizer.decode(identifiers, skippingSpecialTokens: true),
        toolCalls: calls, prefixTokens: rows, promptTokens: tokens.count,
        isComplete: identifiers.last.map(conditioning.stopIdentifiers.contains) ?? false,
        foreignAdapters: kinships.indices.filter { kinships[$0] == .other },
        notices: group.notices + group.notices(kinships)
          + [reach].compactMap { $0.map(InputNotice.windowReach) }
          + InputNotice.ofReading(conditioning, contextFile: texts.context?.file, placed),
        rounding: rounding)
    } catch { throw .folder(.tokenizer("\(error)")) }
  }
}
