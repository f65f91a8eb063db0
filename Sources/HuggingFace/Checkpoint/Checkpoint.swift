import Foundation
import GGUF
import Safetensors
import Weights

/// The tensors of a model under the names that its family gives them: of `model.safetensors`, of
/// the shards that `model.safetensors.index.json` lists, or of a GGUF file.
///
/// The files are mapped, not read: opening a checkpoint costs its headers, and a tensor costs
/// memory when it is touched.
package final class Checkpoint: Sendable {
  /// What holds the tensors.
  private enum Source: Sendable {
    /// The file of each tensor.
    case safetensors([String: SafetensorsFile])
    case gguf(GGUFModel)
  }

  /// The folder of the files, or the path of the GGUF file.
  package let location: String

  private let source: Source

  /// Opens the checkpoint of a model folder and checks every header, and that every tensor of the
  /// index is in its shard.
  ///
  /// - Throws: where the folder has no safetensors files, or one of them or their index is damaged.
  package init(folder: URL) throws(CheckpointError) {
    location = folder.path
    source = .safetensors(try Self.safetensors(in: folder))
  }

  /// The tensors of a GGUF file.
  init(_ model: GGUFModel) {
    location = model.path
    source = .gguf(model)
  }

  /// The file name of a model in one file.
  package static let singleName = "model.safetensors"

  /// The file name of the list of shards.
  package static let indexName = "model.safetensors.index.json"

  /// The names of all tensors, sorted.
  package var names: [String] {
    switch source {
    case .safetensors(let home): home.keys.sorted()
    case .gguf(let model): model.weights.keys.sorted()
    }
  }

  /// Whether there is a tensor of this name.
  package func contains(_ name: String) -> Bool {
    switch source {
    case .safetensors(let home): home[name] != nil
    case .gguf(let model): model.weights[name] != nil
    }
  }

  /// A tensor with its file, for messages.
  package func place(of name: String) -> String {
    switch source {
    case .safetensors(let home): "\(home[name]?.path ?? location): \(name)"
    case .gguf(let model):
      "\(model.weights[name]?.file.path ?? location): tensor \(model.nameInFile(of: name))"
    }
  }

  /// Whether matrices are stored [outputs, inputs] also where the family's own files have them the
  /// other way round: llama.cpp's always are.
  package var isOutputsFirst: Bool {
    if case .gguf = source { true } else { false }
  }

  /// Format and shape of a tensor.
  ///
  /// - Parameters:
  ///   - name: the name of the tensor.
  ///   - shape: the shape that the caller needs, or nil for any.
  /// - Throws: where there is no such tensor, or it has another shape.
  package func tensor(
    named name: String, shape: [Int]? = nil
  ) throws(CheckpointError) -> CheckpointTensor {
    switch try found(name) {
    case .safetensors(let file):
      let tensor = try Self.map { () throws(SafetensorsError) in
        try file.tensor(named: name, shape: shape)
      }
      return CheckpointTensor(
        name: name, shape: tensor.shape, format: WeightFormat(tensor.elementType),
        typeName: "\(tensor.elementType)")
    case .gguf(let weight):
      try Self.map { () throws(GGUFError) in try weight.check(shape: shape) }
      return CheckpointTensor(
        name: name, shape: weight.shape, format: weight.tensor.format,
        typeName: weight.tensor.format.ggmlName)
    }
  }

  /// The elements of a floating-point tensor as `Float`, row-major.
  ///
  /// - Throws: where there is no such tensor, it has another shape, or it holds no floating-point
  ///   numbers.
  package func floats(
    of name: String, shape: [Int]? = nil
  ) throws(CheckpointError) -> [Float] {
    switch try found(name) {
    case .safetensors(let file):
      try Self.map { () throws(SafetensorsError) in try file.floats(of: name, shape: shape) }
    case .gguf(let weight):
      try Self.map { () throws(GGUFError) in
        try weight.check(shape: shape)
        return weight.floats()
      }
    }
  }

  /// Checks that a tensor holds neither NaN nor infinity.
  ///
  /// - Throws: where it does, with the first such element.
  package func checkFinite(_ name: String) throws(CheckpointError) {
    switch try found(name) {
    case .safetensors(let file):
      try Self.map { () throws(SafetensorsError) in try file.checkFinite(name) }
    case .gguf(let weight):
      try Self.map { () throws(GGUFError) in try weight.checkFinite() }
    }
  }

  /// The elements of a tensor as they are stored, in the file where their order allows it.
  ///
  /// - Throws: where there is no such tensor, or its file became shorter.
  package func stored(_ name: String) throws(CheckpointError) -> StoredElements {
    switch try found(name) {
    case .safetensors(let file):
      try Self.map { () throws(SafetensorsError) in
        unsafe StoredElements(try file.bytes(of: name), owner: file)
      }
    case .gguf(let weight):
      try Self.map { () throws(GGUFError) in try weight.stored() }
    }
  }

  /// A copy of the first bytes of a tensor in the file, at most `count`.
  func leadingBytes(of name: String, count: Int) throws(CheckpointError) -> [UInt8] {
    switch try found(name) {
    case .safetensors(let file):
      let tensor = try Self.map { () throws(SafetensorsError) in try file.tensor(named: name) }
      return file.leadingBytes(of: tensor, count: count)
    case .gguf(let weight):
      try Self.map { () throws(GGUFError) in try weight.check(shape: nil) }
      return weight.file.leadingBytes(of: weight.tensor, count: count)
    }
  }

  /// Adds all tensors as the files hold them.
  func add(to hash: inout BlockHash) throws(CheckpointError) {
    switch source {
    case .safetensors(let home):
      for (name, file) in home.sorted(by: { $0.key < $1.key }) {
        let tensor = try Self.map { () throws(SafetensorsError) in try file.tensor(named: name) }
        hash.add("\(name) \(tensor.elementType) \(tensor.shape)", .safetensors(file, tensor))
      }
    case .gguf(let model):
      // The family may have one tensor of a file as several.
      for file in model.files {
        try Self.map { () throws(GGUFError) in try file.checkLength() }
        for tensor in file.tensors {
          hash.add("\(tensor.name) \(tensor.format.ggmlName) \(tensor.shape)", .gguf(file, tensor))
        }
      }
    }
  }

  /// Lets the operating system take back the memory of a tensor's mapped pages; they stay readable.
  package func releasePages(of name: String) {
    switch source {
    case .safetensors(let home): home[name]?.releasePages(of: name)
    case .gguf(let model): model.weights[name]?.releasePages()
    }
  }

  /// A tensor in its file.
  private enum Found {
    case safetensors(SafetensorsFile)
    case gguf(GGUFWeight)
  }

  private func found(_ name: String) throws(CheckpointError) -> Found {
    switch source {
    case .safetensors(let home):
      if let file = home[name] { return .safetensors(file) }
      let files = Set(home.values.map(\.path))
      throw .missingTensor(
        name: name, source: files.count == 1 ? files.first ?? location : location,
        found: Self.insteadOf(tensor: name, among: home.keys))
    case .gguf(let model):
      if let weight = model.weights[name] { return .gguf(weight) }
      throw .missingTensor(
        name: model.nameInFile(of: name), source: location, found: "none")
    }
  }

  private static func map<Value>(
    _ body: () throws(SafetensorsError) -> Value
  ) throws(CheckpointError) -> Value {
    do { return try body() } catch { throw .safetensors(error) }
  }

  private static func map<Value>(
    _ body: () throws(GGUFError) -> Value
  ) throws(CheckpointError) -> Value {
    do { return try body() } catch { throw .gguf(error) }
  }
}

extension WeightFormat {
  /// The format of a file's element type; nil for types that are widened when they are read.
  fileprivate init?(_ type: ElementType) {
    switch type {
    case .f32: self = .f32
    case .bf16: self = .bf16
    case .f16: self = .f16
    default: return nil
    }
  }
}
