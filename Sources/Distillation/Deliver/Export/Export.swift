import Files
import Foundation
internal import Inference
import Safetensors
internal import Transformer

/// An adapter in the form of another program, in a folder of its own.
struct Export {
  let adapter: Adapter
  let format: ExportFormat
  let folder: URL
  let decoder: Decoder
  /// The tokens between the closing and a user's text that mlx-lm's command line does not feed.
  let turn: [Int]
  /// The template's text of a prompt after the closing; nil where prompts are token ids.
  let promptText: String?
  /// The type of the model's weights in its files.
  let weights: ElementType

  /// The file of vLLM's payload.
  static let embedsName = "prompt_embeds.txt"

  private var prefix: Prefix { Prefix(adapter.frame, .prompt(adapter.prompt)) }

  /// Whether vLLM's server writes the template around the prompt, which is then a part of the
  /// system message. It joins the parts of a user's message by its own rules.
  var isSystemMessage: Bool {
    adapter.origin.isChat && adapter.origin.contextPosition == .systemMessage
  }

  /// The factor by which the program multiplies rows of embeddings itself: vLLM and llama.cpp scale
  /// all inputs of Gemma 1 and 2, but not the embeddings that Gemma 3 is given.
  var rowScale: Float {
    guard format == .vllm || format == .llamacpp,
      ["gemma", "gemma2"].contains(decoder.configuration.family)
    else { return 1 }
    return decoder.configuration.embeddingScale
  }

  /// Writes the files of the format, those that tokenize prompts, and `README.md`.
  func write() throws(DistillationError) {
    switch format {
    case .peft: try peft(.promptTuning).write(to: folder)
    case .peftCartridge:
      try peft(.cartridge(frozenRows: adapter.frame.header.count)).write(to: folder)
    case .peftPrefix: try peft(.prefixTuning).write(to: folder)
    case .mlx: try writeMLX()
    case .vllm: try writeVLLM()
    case .llamacpp:
      try write(rows(of: adapter.virtualTokens), to: LlamaProgram.rowsName)
      try write(Array(LlamaProgram.source.utf8), to: LlamaProgram.name)
    }
    if format != .llamacpp {
      for (name, bytes) in adapter.tokenizerFiles { try write(bytes, to: name) }
    }
    try write(Array(ExportReadme(export: self).text.utf8), to: RunFolder.readme)
  }

  /// The prefix that the written files hold.
  func readBack() throws(DistillationError) -> Prefix {
    let configuration = decoder.configuration
    switch format {
    case .peft, .peftCartridge, .peftPrefix:
      return Prefix(.prompt(try PEFTFolder(folder).virtualTokens(for: configuration)))
    case .mlx:
      let rows = try MLXPromptCache.read(.current, in: folder, for: configuration)
      // The turn is a part of each prompt.
      return Prefix(.prompt(rows.prefix(prefix.rows)))
    case .vllm:
      let url = folder.appending(path: Self.embedsName)
      guard let text = try? Data(contentsOf: url), let data = Data(base64Encoded: text),
        let tensor = TorchTensor([UInt8](data), width: configuration.hiddenSize)
      else { throw unreadable(url) }
      let prompt = scaled(tensor.values)
      return isSystemMessage ? Prefix(adapter.frame, .prompt(prompt)) : Prefix(.prompt(prompt))
    case .llamacpp:
      let url = folder.appending(path: LlamaProgram.rowsName)
      guard let data = try? Data(contentsOf: url), let values = [Float](littleEndian: [UInt8](data))
      else { throw unreadable(url) }
      return Prefix(.prompt(scaled(values)))
    }
  }

  private func scaled(_ values: [Float]) -> LearnedPrompt {
    LearnedPrompt(
      embeddings: values.map { $0 * rowScale }, width: decoder.configuration.hiddenSize)
  }

  private func unreadable(_ url: URL) -> DistillationError {
    .content(file: url.path, expected: "what was written", found: "other bytes")
  }

  private func peft(_ kind: PEFTAdapter.Kind) throws(DistillationError) -> PEFTAdapter {
    let model = adapter.origin.model
    if kind == .promptTuning {
      return PEFTAdapter(
        embeddings: adapter.virtualTokens, layerCount: adapter.origin.layerCount,
        heads: adapter.origin.queryHeads, model: model, gguf: adapter.origin.fingerprints.gguf)
    }
    return PEFTAdapter(
      keysValues: try decoder.keysValues(of: prefix), as: kind, model: model,
      gguf: adapter.origin.fingerprints.gguf)
  }

  private func writeMLX() throws(DistillationError) {
    var whole = prefix
    whole.frame.closing += turn
    let rows = try decoder.keysValues(of: whole)
    if weights == .f16,
      let large = rows.values.first(where: { !$0.isRepresentableInHalf })
    {
      throw .content(
        file: folder.path, expected: "keys and values that f16, the type of the weights, holds",
        found: "\(large)")
    }
    let cache = MLXPromptCache(
      prompt: rows, model: adapter.origin.model.identifier, elements: weights)
    for layout in MLXPromptCache.Layout.allCases { try cache.write(layout, to: folder) }
  }

  private func writeVLLM() throws(DistillationError) {
    let prompt = isSystemMessage ? adapter.prompt : adapter.virtualTokens
    let width = decoder.configuration.hiddenSize
    let tensor = TorchTensor(
      rows: prompt.form.tokenCount, width: width, values: prompt.values.map { $0 / rowScale })
    guard let bytes = tensor.bytes else {
      throw .content(
        file: folder.path, expected: "less than 4 GiB of embeddings for vllm",
        found: "\(4 * prompt.values.count) bytes")
    }
    try write([UInt8](Data(bytes).base64EncodedData()), to: Self.embedsName)
  }

  /// Rows as f32, for a program that scales them by ``rowScale``.
  private func rows(of prompt: LearnedPrompt) -> [UInt8] {
    prompt.values.map { $0 / rowScale }.narrowed(to: .f32)
  }

  private func write(_ bytes: [UInt8], to name: String) throws(DistillationError) {
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: folder.appending(path: name), with: bytes)
    }
  }
}

extension Float {
  /// Whether f16 has a finite number nearest to it.
  fileprivate var isRepresentableInHalf: Bool { Float16(self).isFinite }
}
