import Foundation
internal import Inference
import Safetensors
internal import Transformer

/// A KV prefix as mlx-lm stores a prompt cache: a safetensors file with `<layer>.0` keys and
/// `<layer>.1` values, [1, G, n, D] each, and metadata that names the class of each layer's cache.
struct MLXPromptCache {
  /// The layouts of the metadata.
  enum Layout: CaseIterable {
    /// mlx-lm 0.32: the number of rows is a part of the state, `<layer>.2`.
    case current
    /// Up to mlx-lm 0.31.
    case earlier

    /// The file of the cache.
    var fileName: String {
      switch self {
      case .current: "prompt_cache.safetensors"
      case .earlier: "prompt_cache_0.31.safetensors"
      }
    }
  }

  /// Keys and values.
  let prompt: LearnedPrompt
  /// The model, which mlx-lm loads where its user names none.
  let model: String
  /// The type of the model's weights, in which mlx-lm computes: f32, bf16 or f16.
  let elements: ElementType

  /// Writes the file of a layout.
  func write(_ layout: Layout, to folder: URL) throws(DistillationError) {
    guard case .keysValues(let layers, let count, let heads, let dimension) = prompt.form else {
      preconditionFailure("a prompt of keys and values")
    }
    let shape = [1, heads, count, dimension]
    var tensors: [(name: String, elementType: ElementType, shape: [Int])] = []
    for layer in 0..<layers where layout == .current {
      tensors.append(("\(layer).2", .i32, []))
    }
    for layer in 0..<layers {
      tensors.append(("\(layer).0", elements, shape))
      tensors.append(("\(layer).1", elements, shape))
    }
    let url = folder.appending(path: layout.fileName)
    try writingTensors { () throws(SafetensorsError) in
      var writer = try SafetensorsWriter(
        to: url, tensors: tensors, metadata: metadata(layout, layers: layers))
      for _ in 0..<layers where layout == .current {
        try unsafe writer.append(Int32(count).littleEndianBytes.span.bytes)
      }
      for layer in 0..<layers {
        for rows in [prompt.keys(ofLayer: layer), prompt.values(ofLayer: layer)] {
          let transposed = Self.transpose(rows, count, heads, dimension)
          try unsafe writer.append(transposed.narrowed(to: elements).span.bytes)
        }
      }
      try writer.finish()
    }
  }

  /// mlx's flattened tree: the user's metadata, the classes, and what else the layout has.
  private func metadata(_ layout: Layout, layers: Int) -> [String: String] {
    let own = layout == .current ? "0" : "1"
    let classes = layout == .current ? "1" : "2"
    var metadata = ["\(own).model": model, "\(own).tokenizer_config": "{}"]
    if layout == .current { metadata["2.0"] = "" }
    for layer in 0..<layers {
      metadata["\(classes).\(layer)"] = "KVCache"
      switch layout {
      case .current:
        metadata["2.\(layer + 1).0"] = "\(layer).2"
        metadata["2.\(layer + 1).1"] = "scalar"
      case .earlier:
        metadata["0.\(layer)"] = ""
      }
    }
    return metadata
  }

  /// [G, n, D] of [n, G, D], or with `count` and `heads` exchanged the other way.
  private static func transpose(
    _ rows: some RandomAccessCollection<Float>, _ count: Int, _ heads: Int, _ dimension: Int
  ) -> [Float] {
    let rows = Array(rows)
    var result: [Float] = []
    result.reserveCapacity(rows.count)
    for head in 0..<heads {
      for row in 0..<count {
        let start = (row * heads + head) * dimension
        result += rows[start..<start + dimension]
      }
    }
    return result
  }

  /// Reads a file back.
  static func read(
    _ layout: Layout, in folder: URL, for configuration: DecoderConfiguration
  ) throws(DistillationError) -> LearnedPrompt {
    let heads = configuration.heads
    return try Distillation.tensors { () throws(SafetensorsError) in
      let file = try SafetensorsFile(contentsOf: folder.appending(path: layout.fileName))
      let count = try file.tensor(named: "0.0").shape[2]
      let shape = [1, heads.keyValueHeads, count, heads.headDimension]
      var values: [Float] = []
      for part in 0..<2 {
        for layer in 0..<configuration.layerCount {
          let name = "\(layer).\(part)"
          try file.checkFinite(name)
          values += transpose(
            try file.floats(of: name, shape: shape), heads.keyValueHeads, count,
            heads.headDimension)
        }
      }
      return LearnedPrompt(form: configuration.keysValues(count: count), values: values)
    }
  }
}
