import Compute
import Foundation
import HuggingFace
import Safetensors
import TestSupport
import Transformer

/// A small random checkpoint with float64 reference numbers from Hugging Face transformers, as
/// `golden/README.md` of the reference material defines them.
struct GoldenModel {
  static let names = ["llama-gqa-untied", "llama3-rope-tied", "mistral-sliding", "qwen2", "gpt2"]

  /// The folders of one model, and the prefix of its reference tensors.
  static let variants = [
    ("f32", ""), ("f32-sharded", ""), ("f32-hubnames", ""), ("bf16", "bf16."), ("f16", "f16."),
  ]

  let folder: ModelFolder
  let reference: SafetensorsFile
  let prefix: String

  /// The variants of a model that exist.
  static func all(_ name: String) throws -> [GoldenModel] {
    let root = try SharedReference.url("golden/\(name)")
    let reference = try SafetensorsFile(contentsOf: root.appendingPathComponent("ref.safetensors"))
    return try variants.compactMap { variant, prefix in
      let url = root.appendingPathComponent(variant)
      guard FileManager.default.fileExists(atPath: url.path) else { return nil }
      return GoldenModel(folder: try ModelFolder(at: url), reference: reference, prefix: prefix)
    }
  }

  /// A committed model of a family, with one of its two configs.
  static func family(
    _ name: String, config: String, in folder: TemporaryFolder
  ) throws -> GoldenModel {
    let source = families.appending(path: name)
    let copy = folder.url.appending(path: "\(name)-\(config)")
    let manager = FileManager.default
    try manager.createDirectory(at: copy, withIntermediateDirectories: true)
    for (from, to) in [(config, "config.json"), ("model.safetensors", "model.safetensors")] {
      try manager.copyItem(at: source.appending(path: from), to: copy.appending(path: to))
    }
    return GoldenModel(
      folder: try ModelFolder(at: copy),
      reference: try SafetensorsFile(
        contentsOf: source.appending(path: "reference.safetensors")), prefix: "")
  }

  /// Tests/Golden/families: a folder for each model.
  static let families = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/families")

  /// The names of these models.
  static let familyNames: [String] = {
    let found = try? FileManager.default.contentsOfDirectory(atPath: families.path)
    return (found ?? []).filter {
      FileManager.default.fileExists(
        atPath: families.appending(path: "\($0)/reference.safetensors").path)
    }.sorted()
  }()

  func floats(_ name: String) throws -> [Float] {
    try reference.floats(of: prefix + name, shape: nil)
  }

  /// A tensor that does not depend on the weights' type.
  func common(_ name: String) throws -> [Float] {
    try reference.floats(of: name, shape: nil)
  }

  var identifiers: [[Int]] {
    get throws {
      let all = try reference.integers(of: "input_ids", shape: nil).map { Int($0) }
      return [Array(all[..<24]), Array(all[24...])]
    }
  }
}

/// A loss over given teacher logits in f32, with the gradients of the inputs, for comparison with
/// golden numbers.
struct OpenLoss {
  let decoder: Decoder
  var device: Device { decoder.device }

  /// Runs sequences after a prefix of embeddings, with all rows as response rows.
  ///
  /// - Parameters:
  ///   - prefix: [C, E].
  ///   - inputs: rows of width E of each sequence.
  ///   - teacherLogits: [R, V].
  /// - Returns: logits [R, V], mean KL, and the gradient of all rows [C + R, E], or of the prefix's
  ///   where there is one.
  func run(
    prefix: [Float], inputs: [[Float]], teacherLogits: [Float]
  ) throws -> (logits: [Float], loss: Double, gradient: [Float]) {
    let (configuration, head) = (decoder.configuration, decoder.head)
    let (width, size) = (configuration.hiddenSize, configuration.vocabularySize)
    let prefixRows = prefix.count / width
    var sequences: [PackedBatch.Sequence] = []
    var next = prefixRows
    if prefixRows > 0 {
      sequences.append(
        PackedBatch.Sequence(rows: prefixRows, responseRows: 0, keyStart: 0, followsPrefix: false))
    }
    for input in inputs {
      let rows = input.count / width
      sequences.append(
        PackedBatch.Sequence(
          rows: rows, responseRows: rows, keyStart: next, followsPrefix: prefixRows > 0))
      next += rows
    }
    let rows = next - prefixRows
    let activations = try DecoderActivations(
      device, configuration: configuration, rows: next, responseRows: rows, training: true)
    let cache = try KeyValueCache(device, configuration: configuration, capacity: next)
    let batch = try PackedBatch(device, configuration: configuration, capacity: next)
    try batch.fill(sequences, prefixRows: prefixRows)
    try device.upload(prefix + inputs.flatMap(\.self), into: &activations.embeddings)
    try decoder.forward(batch, cache: cache, activations: activations)

    let found = try decoder.downloadLogits(of: activations.states, rows: rows)
    // The loss is that of logits / scale at the temperature 1 / scale.
    let shape = configuration.logitShape
    let cap = shape.softCap.map { $0 / shape.scale }
    var logits = try device.buffer(of: Float.self, count: rows * size)
    try device.matmul(activations.states, head, rows: rows, into: &logits)
    if let cap { try device.softCap(&logits, rows: rows, width: size, cap: cap) }
    let teacher = try device.buffer(teacherLogits.map { $0 / shape.scale })
    let indices = try device.rowIndices((0..<rows).map(Int32.init))
    var losses = try device.buffer(of: Float.self, count: rows)
    try device.klDivergence(
      teacher: teacher, at: indices, student: &logits, rows: rows, width: size,
      objective: Objective(.forwardKL, temperature: 1 / shape.scale), weight: 1 / Float(rows),
      softCap: cap, losses: &losses)
    let loss = try device.download(losses).reduce(0) { $0 + Double($1) } / Double(rows)
    var stateGradient = try device.buffer(of: Float.self, count: rows * width)
    try device.matmulBackward(logits, head, rows: rows, into: &stateGradient)
    try decoder.backward(
      stateGradient: stateGradient, batch, cache: cache, activations: activations,
      scope: prefixRows > 0 ? .prefixEmbeddings : .all)
    let gradientRows = prefixRows > 0 ? prefixRows : next
    let gradientPlaces = try device.rowIndices((0..<gradientRows).map(Int32.init))
    var gradient = try device.buffer(of: Float.self, count: gradientRows * width)
    try decoder.gatherEmbeddingGradient(
      activations, at: gradientPlaces, count: gradientRows, into: &gradient)
    return (found, loss, try device.download(gradient))
  }
}
