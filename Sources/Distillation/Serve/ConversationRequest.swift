package import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer
import Weights

/// A request for a conversation.
package struct ConversationRequest: Sendable {
  /// The model.
  package var folder: ModelFolder
  /// What stands before the conversation. A context beside adapters makes a second side.
  package var preceding: PrecedingFiles
  /// `auto` takes the adapter's template, or the model's own.
  package var template: TemplateChoice
  /// The element type of the weights on the device.
  package var precision: WeightPrecision
  /// The most tokens of prefix and conversation; nil for the model's positions, or what a quarter
  /// of the available memory holds.
  package var window: Int?
  /// The most tokens of one answer.
  package var maximumTokens: Int
  /// 0 takes the most likely token; above 0, tokens are sampled.
  package var temperature: Float
  /// The seed of sampling.
  package var seed: UInt64

  /// A request.
  package init(
    folder: ModelFolder, preceding: PrecedingFiles, template: TemplateChoice,
    precision: WeightPrecision, window: Int?, maximumTokens: Int, temperature: Float, seed: UInt64
  ) {
    self.folder = folder
    self.preceding = preceding
    self.template = template
    self.precision = precision
    self.window = window
    self.maximumTokens = maximumTokens
    self.temperature = temperature
    self.seed = seed
  }

  /// Loads the model and reads what stands before the conversation.
  ///
  /// - Throws: where files cannot be read, the model has no chat template, or the window has no
  ///   space for a conversation.
  package func open(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Conversation {
    let texts = try PrecedingTexts(preceding, for: folder)
    let (configuration, group) = (texts.configuration, texts.group)
    let conditioning = try conditioning(texts)
    handle(.placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    var readings: [(ConversationSide.Reading, Prefix)] = []
    if !preceding.adapters.isEmpty {
      readings.append((.adapter, try group.prefix(in: conditioning, of: configuration)))
    }
    let hasContext = preceding.hasContext
    if hasContext || preceding.adapters.isEmpty {
      readings.append((hasContext ? .context : .nothing, conditioning.teacherPrefix))
    }
    let longest = readings.map(\.1.rows).max() ?? 0
    if let window,
      !((longest + 2)...max(longest + 2, configuration.maximumPositions)).contains(window)
    {
      throw .option(
        .window,
        expected:
          "more than the \(Counted(longest + 1, "token")) before an answer, and at most the "
          + "model's \(Counted(configuration.maximumPositions, "position"))",
        found: "\(window)")
    }
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let sides = try distilling { () throws(TransformerError) in
      let decoder = try Decoder.load(folder, on: device, precision: precision, handle: handle)
      let window = window ?? Self.window(for: decoder, sides: readings.count, prefixRows: longest)
      let total = readings.reduce(0) { $0 + $1.1.rows }
      var done = 0
      return try readings.map { (reading, prefix) throws(TransformerError) in
        let model = try decoder.prefill(
          prefix,
          capacity: PrefixCapacity(
            rows: window - prefix.rows, runRows: Self.runRows, responseRows: 1)
        ) { handle(.progress(.readingContext, done: done + $0, total: total)) }
        done += prefix.rows
        return try ConversationSide(
          reading, model, conditioning, maximumTokens: maximumTokens, temperature: temperature,
          seed: seed)
      }
    }
    let kinships = try group.kinships(to: folder)
    return Conversation(
      sides, conditioning,
      notices: group.notices + group.notices(kinships)
        + (hasContext ? notices(texts, conditioning) : []),
      foreignAdapters: kinships.indices.filter { kinships[$0] == .other })
  }

  /// The most rows of one run: a message that is longer is read in several, between which the user
  /// can stop.
  private static let runRows = 256

  /// The window where none is given.
  private static func window(for decoder: Decoder, sides: Int, prefixRows: Int) -> Int {
    let rowBytes = KeyValueCache.rowByteCount(decoder.configuration)
    let affordable = decoder.device.availableBytes / 4 / (sides * rowBytes)
    return min(max(affordable, prefixRows + 2), decoder.configuration.maximumPositions)
  }

  /// Header, context and closing in the chat template that both sides share.
  private func conditioning(_ texts: PrecedingTexts) throws(DistillationError) -> Conditioning {
    if case .identifiers(_, let file)? = texts.context {
      throw .content(
        file: file, expected: "a text, which a chat template can take", found: "token ids")
    }
    let conditioning = try texts.conditioning(template)
    guard conditioning.isChat else { throw .placement(.noTemplate) }
    return conditioning
  }

  private func notices(
    _ texts: PrecedingTexts, _ conditioning: Conditioning
  ) -> [InputNotice] {
    let file = texts.context?.file
    return InputNotice.ofReading(conditioning, contextFile: file, [])
      + texts.group.notices(texts.tools, in: conditioning, file: file)
  }
}
