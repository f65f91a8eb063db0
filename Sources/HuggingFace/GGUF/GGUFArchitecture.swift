import GGUF
import JSON

/// An architecture of llama.cpp and the family of Hugging Face that it stands for: the names of its
/// tensors, the order of their rows, and its config.json.
///
/// Sources: `MODEL_TENSORS` of gguf-py/gguf/constants.py and tensor_mapping.py for the names,
/// convert_hf_to_gguf.py for rows and metadata, and src/llama-model.cpp for defaults, all in
/// llama.cpp. To add an architecture, list it in a file like GGUFArchitecture+Llama.swift.
struct GGUFArchitecture: Sendable {
  /// `general.architecture`.
  let name: String

  /// The names of tensors outside of layers, without `.weight` and `.bias`: in the file, in the
  /// family.
  var outer: [String: String] = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
  ]

  /// What stands before the number of a layer in the family's names.
  var layerPrefix = "model.layers."

  /// The names of a layer's tensors behind the number of the layer: in the file, in the family.
  var layer: [String: String]

  /// Other names that files with a certain tensor mean.
  var variant: (tensor: String, layer: [String: String])?

  /// The order of rows of a layer's tensor.
  var order: @Sendable (_ part: String, _ config: JSONObject) -> GGUFRowOrder = { _, _ in .stored }

  /// Whether norms hold their weights plus 1.
  var addsOneToNorms = false

  /// Sets the members of config.json.
  let configure: @Sendable (inout GGUFConfig) throws(GGUFError) -> Void

  /// Every architecture that is read.
  static let all: [GGUFArchitecture] = [
    .llama, .qwen2, .qwen3, .gemma, .gemma2, .gemma3, .phi3, .smolLM3, .granite, .olmo2,
    .starCoder2, .commandR, .falcon, .gptNeoX, .gpt2, .stableLM,
  ]

  /// Tensors that hold no weights: factors of rotary embeddings, which become a part of
  /// config.json.
  private static let factors: Set<String> = [
    "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
  ]
}

extension GGUFArchitecture {
  /// The architecture that the metadata name.
  init(_ metadata: GGUFMetadata) throws(GGUFError) {
    let key = "general.architecture"
    let name: String = try metadata.required(key)
    guard let found = Self.all.first(where: { $0.name == name }) else {
      throw metadata.failure(
        at: key, expected: "one of \(Self.all.map(\.name).joined(separator: ", "))")
    }
    self = found
  }

  /// The architecture with the names that a file's tensors mean.
  func resolved(for tensors: GGUFTensors) -> GGUFArchitecture {
    guard let variant, tensors.has(variant.tensor) else { return self }
    var copy = self
    copy.layer.merge(variant.layer) { $1 }
    return copy
  }

  /// The tensors of a file under the names of the family.
  ///
  /// - Throws: for tensors that the architecture does not have, and rows that cannot have its
  ///   order.
  func weights(
    of tensors: GGUFTensors, _ config: GGUFConfig
  ) throws(GGUFError) -> [String: GGUFWeight] {
    var weights: [String: GGUFWeight] = [:]
    for name in tensors.names where !Self.factors.contains(name) {
      guard var weight = tensors[name], let parts = GGUFTensorName(name),
        let family = nameInFamily(of: parts)
      else {
        throw GGUFError(
          file: tensors.path,
          problem: .unexpectedTensor(tensor: name, architecture: self.name))
      }
      if parts.layer != nil { weight.order = order(parts.part, config.members) }
      guard weight.fits(weight.order) else {
        throw GGUFError(
          file: weight.file.path,
          problem: .badShape(
            tensor: name, expected: "rows for the heads that the metadata state",
            found: "\(weight.shape)"))
      }
      if addsOneToNorms && parts.part.hasSuffix("norm") { weight.offset = -1 }
      for (name, weight) in weight.named(family, parts) { weights[name] = weight }
    }
    return weights
  }

  /// The name in the file of a tensor of the family; the name itself where there is none.
  func nameInFile(of name: String) -> String {
    let stems = ["weight", "bias"].compactMap { suffix -> (stem: String, suffix: String)? in
      name.hasSuffix(".\(suffix)") ? (String(name.dropLast(suffix.count + 1)), suffix) : nil
    }
    guard let (stem, suffix) = stems.first else { return name }
    if let outer = outer.first(where: { $0.value == stem }) { return "\(outer.key).\(suffix)" }
    guard stem.hasPrefix(layerPrefix) else { return name }
    let rest = stem.dropFirst(layerPrefix.count).split(separator: ".", maxSplits: 1)
    guard rest.count == 2, let part = layer.first(where: { $0.value == rest[1] }) else {
      return name
    }
    return "blk.\(rest[0]).\(part.key).\(suffix)"
  }

  private func nameInFamily(of name: GGUFTensorName) -> String? {
    if let number = name.layer {
      return layer[name.part].map { "\(layerPrefix)\(number).\($0).\(name.suffix)" }
    }
    return outer[name.part].map { "\($0).\(name.suffix)" }
  }
}

/// A tensor's name in a file, in its parts: `blk.12.attn_q.weight`, `output_norm.bias`.
struct GGUFTensorName {
  /// The number of the layer; nil outside of layers.
  let layer: Int?
  /// `attn_q`.
  let part: String
  /// `weight` or `bias`.
  let suffix: String

  init?(_ name: String) {
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = words.last, last == "weight" || last == "bias" else { return nil }
    suffix = String(last)
    if words.count == 4, words[0] == "blk", let number = Int(words[1]), number >= 0,
      "\(number)" == words[1]
    {
      layer = number
      part = String(words[2])
    } else {
      guard words.count == 2 else { return nil }
      layer = nil
      part = String(words[0])
    }
  }
}

extension GGUFWeight {
  /// The tensors of the family that this one holds, with their names: itself, or one for each head
  /// where the family's name counts heads (`*`).
  fileprivate func named(
    _ family: String, _ name: GGUFTensorName
  ) -> [(name: String, weight: GGUFWeight)] {
    guard family.contains("*") else { return [(family, self)] }
    return (0..<tensor.rowCount).map { head in
      var row = self
      row.order = .slice(head..<head + 1)
      row.shape = [tensor.columnCount]
      return (family.replacing("*", with: "\(head)"), row)
    }
  }
}
