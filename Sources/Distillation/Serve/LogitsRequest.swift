package import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
import Safetensors
internal import Transformer
import Weights

/// Logits of a text, written to a file.
package struct LogitsRequest: Sendable {
  /// The input of the model.
  package enum Input: Sendable, Equatable {
    case identifiers([Int])
    /// A text, with the special tokens that the tokenizer adds where nothing stands before it.
    case text(String)
  }

  /// The model.
  package var folder: ModelFolder
  /// The input.
  package var input: Input
  /// What stands before it: adapters, or a context with its tools.
  package var preceding: PrecedingFiles
  /// The template around the context; `auto` takes the model's own, or none.
  package var template: TemplateChoice
  /// The element type of the weights on the device.
  package var precision: WeightPrecision
  /// The file of the logits.
  package var output: URL

  /// A request.
  package init(
    folder: ModelFolder, input: Input, preceding: PrecedingFiles, template: TemplateChoice,
    precision: WeightPrecision, output: URL
  ) {
    self.folder = folder
    self.input = input
    self.preceding = preceding
    self.template = template
    self.precision = precision
    self.output = output
  }

  /// What to know of logits.
  package struct Result: Sendable {
    /// The indices of adapters that record another model.
    package var foreignAdapters: [Int]
    /// Notices on the adapters.
    package var notices: [InputNotice]
    /// The error that quantised weights make.
    package var rounding: RunRounding
    /// The shape of the logits: tokens and V.
    package var shape: [Int]
  }

  /// Writes the tensor `logits`: [tokens, V] f32.
  ///
  /// - Throws: before the model is loaded, for the first file that cannot be read, and
  ///   ``DistillationError/option(_:expected:found:)`` where there is no token, or more than its
  ///   positions; then ``DistillationError/transformer(_:)`` with allocation and driver errors;
  ///   ``DistillationError/file(_:)`` when the system refuses to write.
  package func perform(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Result {
    let texts = try PrecedingTexts(preceding, for: folder)
    let (configuration, group) = (texts.configuration, texts.group)
    let kinships = try group.kinships(to: folder)
    var notices = group.notices(kinships)
    let prefix: Prefix
    if preceding.hasContext {
      let conditioning = try texts.conditioning(template)
      handle(
        .placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
      notices += InputNotice.ofReading(conditioning, contextFile: texts.context?.file, [])
      prefix = conditioning.teacherPrefix
    } else {
      prefix = try self.prefix(group, for: configuration)
    }
    let identifiers = try identifiers()
    let total = identifiers.count + prefix.rows
    guard !identifiers.isEmpty, total <= configuration.maximumPositions else {
      throw .option(
        .identifiers,
        expected: "1 token at least, and no more than the model's "
          + "\(Counted(configuration.maximumPositions, "position"))",
        found: "\(total)")
    }
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    let error = try WeightRounding(precision, decoder, folder, identifiers)?.error
    let logits = try distilling { () throws(TransformerError) in
      try decoder.logits(of: identifiers, after: prefix)
    }
    let shape = [identifiers.count, configuration.vocabularySize]
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write([("logits", shape, logits)], to: output)
    }
    return Result(
      foreignAdapters: kinships.indices.filter { kinships[$0] == .other },
      notices: notices, rounding: RunRounding(weights: error), shape: shape)
  }

  /// Of one adapter PEFT's form where it exists: the rows before every token. Several stand in the
  /// frame of their training.
  private func prefix(
    _ group: AdapterGroup, for configuration: DecoderConfiguration
  ) throws(DistillationError) -> Prefix {
    guard let adapter = preceding.adapters.first else { return Prefix(.nothing) }
    guard preceding.adapters.count == 1 else {
      return try group.prefix(in: group.commonFrame(), of: configuration)
    }
    let isExported = FileManager.default.fileExists(
      atPath: adapter.appending(path: RunFolder.adapterConfiguration).path)
    let prompt =
      isExported
      ? try PEFTFolder(adapter).virtualTokens(for: configuration)
      : try group.members[0].adapter.prompt(at: 0, of: configuration, file: adapter.path)
    return Prefix(.prompt(prompt))
  }

  private func identifiers() throws(DistillationError) -> [Int] {
    switch input {
    case .identifiers(let identifiers): return identifiers
    case .text(let text):
      let tokenizer = try Conditioning.tokenizer(of: folder)
      do {
        return try tokenizer.encode(text, addingSpecialTokens: preceding.isEmpty)
      } catch { throw .folder(.tokenizer("\(error)")) }
    }
  }
}
