import Foundation
internal import Inference
import JSON
import Safetensors
internal import Transformer

/// A safetensors file with the tensors of a learned prompt: Pith's own `soft_prompt`, or `keys` and
/// `values`, or PEFT's `prompt_embeddings`.
struct PromptFile {
  private let url: URL
  private let file: SafetensorsFile

  /// Opens the file.
  init(_ url: URL) throws(DistillationError) {
    self.url = url
    file = try tensors { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
  }

  /// The prompt, with the record of its training in Pith's own files.
  func adapter(for configuration: DecoderConfiguration) throws(DistillationError) -> AdapterImport {
    if file.tensors[PromptForm.embeddingsName] != nil {
      let prompt = try embeddings(PromptForm.embeddingsName, configuration)
      return .softPrompt(prompt, try AdapterRecord(file.metadata, file: url.path))
    }
    if file.tensors[PromptForm.keysName] != nil {
      return .softPrompt(
        try keysValues(configuration), try AdapterRecord(file.metadata, file: url.path))
    }
    guard let tensor = file.tensors[PEFTAdapter.tensorName] else {
      let names = [PromptForm.embeddingsName, PromptForm.keysName, PEFTAdapter.tensorName]
      throw .content(
        file: url.path, expected: "a tensor \(names.joined(separator: ", "))",
        found: file.tensors.keys.sorted().joined(separator: ", ").excerpt)
    }
    let isWide =
      tensor.shape.last == configuration.keyValueRowWidth
      && tensor.shape.last != configuration.hiddenSize
    return .virtualTokens(
      isWide
        ? try keyValueRows(configuration) : try embeddings(PEFTAdapter.tensorName, configuration))
  }

  /// Rows of `inputs_embeds`: [k, E].
  func embeddings(
    _ name: String, _ configuration: DecoderConfiguration
  ) throws(DistillationError) -> LearnedPrompt {
    let width = configuration.hiddenSize
    let values = try rows(of: name, width: width, "as wide as the model")
    return LearnedPrompt(embeddings: values, width: width)
  }

  /// PEFT's rows of keys and values: [n, 2 L G D].
  func keyValueRows(_ configuration: DecoderConfiguration) throws(DistillationError)
    -> LearnedPrompt
  {
    let width = configuration.keyValueRowWidth
    let heads = configuration.heads
    let values = try rows(
      of: PEFTAdapter.tensorName, width: width,
      "keys and values of \(configuration.layerCount) layers with \(heads.keyValueHeads) heads of \(heads.headDimension)"
    )
    return LearnedPrompt(
      form: configuration.keysValues(count: values.count / width), keyValueRows: values)
  }

  /// Pith's own keys and values: [L, k, G, D] each.
  private func keysValues(
    _ configuration: DecoderConfiguration
  ) throws(DistillationError) -> LearnedPrompt {
    let (layers, heads) = (configuration.layerCount, configuration.heads)
    let shape = file.tensors[PromptForm.keysName]?.shape ?? []
    guard shape.count == 4, shape[1] > 0,
      shape == [layers, shape[1], heads.keyValueHeads, heads.headDimension]
    else {
      throw .content(
        file: url.path,
        expected: "\(PromptForm.keysName) of shape "
          + "[\(layers), tokens, \(heads.keyValueHeads), \(heads.headDimension)], as the model's",
        found: "\(shape)")
    }
    var values: [Float] = []
    for name in [PromptForm.keysName, PromptForm.valuesName] {
      values += try tensors { () throws(SafetensorsError) in
        try file.checkFinite(name)
        return try file.floats(of: name, shape: shape)
      }
    }
    return LearnedPrompt(form: configuration.keysValues(count: shape[1]), values: values)
  }

  /// The elements of a matrix of rows of this width.
  private func rows(
    of name: String, width: Int, _ meaning: String
  ) throws(DistillationError) -> [Float] {
    let shape = file.tensors[name]?.shape
    guard let shape, shape.count == 2, shape[0] > 0, shape[1] == width else {
      throw .content(
        file: url.path, expected: "\(name) of shape [tokens, \(width)], \(meaning)",
        found: shape.map { "\($0)" } ?? file.tensors.keys.sorted().joined(separator: ", "))
    }
    return try tensors { () throws(SafetensorsError) in
      try file.checkFinite(name)
      return try file.floats(of: name)
    }
  }
}

extension DecoderConfiguration {
  /// 2 L G D: the elements of a row's keys and values in all layers.
  var keyValueRowWidth: Int { 2 * layerCount * heads.keyValueWidth }
}
