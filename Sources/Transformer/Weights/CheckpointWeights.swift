package import Compute
package import HuggingFace
import Safetensors

/// The weights of a checkpoint, put on a device at a precision.
struct CheckpointWeights: WeightSource {
  let device: Device
  let checkpoint: Checkpoint
  let tensors: DecoderTensors
  let configuration: DecoderConfiguration
  let precision: WeightPrecision

  func matrix(
    _ pieces: [(name: TensorName, outputs: Int)], inputs: Int
  ) throws(TransformerError) -> WeightMatrix {
    var sources: [WeightPiece] = []
    var bias: [Float] = []
    for piece in pieces {
      sources.append(try self.piece(piece.name.weight, rows: piece.outputs, columns: inputs))
      if let name = piece.name.bias { bias += try vector(name, count: piece.outputs) }
    }
    return try assemble(sources, columns: inputs, bias: bias)
  }

  func matrix(
    _ name: TensorName, rows: Range<Int>, of outputs: Int, inputs: Int
  ) throws(TransformerError) -> WeightMatrix {
    let stored = tensors.isInputsFirst ? [inputs, outputs] : [outputs, inputs]
    let whole = try finiteFloats(name.weight, shape: stored)
    var values: [Float] = []
    values.reserveCapacity(rows.count * inputs)
    for row in rows {
      if tensors.isInputsFirst {
        for input in 0..<inputs { values.append(whole[input * outputs + row]) }
      } else {
        values += whole[(row * inputs)..<((row + 1) * inputs)]
      }
    }
    let bias = try name.bias.map { bias throws(TransformerError) in
      Array(try vector(bias, count: outputs)[rows])
    }
    return try assemble([WeightPiece(values, rows: rows.count)], columns: inputs, bias: bias ?? [])
  }

  func table(
    _ name: String, rows: Int, columns: Int
  ) throws(TransformerError) -> WeightMatrix {
    // Tables are stored rows first whatever the matrices' order.
    let piece = try piece(name, rows: rows, columns: columns, isInputsFirst: false)
    return try assemble([piece], columns: columns, bias: [])
  }

  func vector(_ name: String, count: Int) throws(TransformerError) -> [Float] {
    try finiteFloats(name, shape: [count])
  }

  func floats(
    _ name: String, rows: Int, columns: Int
  ) throws(TransformerError) -> [Float] {
    try finiteFloats(name, shape: [rows, columns])
  }

  private func finiteFloats(
    _ name: String, shape: [Int]
  ) throws(TransformerError) -> [Float] {
    let name = resolved(name)
    return try loading { () throws(CheckpointError) in
      try checkpoint.checkFinite(name)
      return try checkpoint.floats(of: name, shape: shape)
    }
  }

  private func assemble(
    _ pieces: [WeightPiece], columns: Int, bias: [Float]
  ) throws(TransformerError) -> WeightMatrix {
    try computing { () throws(ComputeError) in
      try WeightMatrix(
        device, columns: columns, precision: precision, pieces: pieces,
        bias: bias.isEmpty ? nil : bias)
    }
  }

  /// A matrix where it lies in the mapped file, which stays mapped as long as the matrix needs it.
  private func piece(
    _ name: String, rows: Int, columns: Int, isInputsFirst: Bool? = nil
  ) throws(TransformerError) -> WeightPiece {
    let isInputsFirst = isInputsFirst ?? tensors.isInputsFirst
    let name = resolved(name)
    let shape = isInputsFirst ? [columns, rows] : [rows, columns]
    return try loading { () throws(CheckpointError) in
      let type = try checkpoint.tensor(named: name, shape: shape).elementType
      guard let stored = WeightPrecision(type) else {
        let values = try checkpoint.floats(of: name, shape: shape)
        return WeightPiece(values, rows: rows)
      }
      try checkpoint.checkFinite(name)
      let file = try checkpoint.file(of: name)
      do throws(SafetensorsError) {
        return unsafe WeightPiece(
          try file.bytes(of: name), rows: rows, precision: stored, isTransposed: isInputsFirst,
          keepingAlive: file)
      } catch { throw .safetensors(error) }
    }
  }

  /// The name in this checkpoint: as the family writes it, without its prefix, or with it; for the embedding of a tied model
  /// also that of the head, where only that is stored.
  private func resolved(_ name: String) -> String {
    var candidates = [name]
    if let dot = name.firstIndex(of: ".") {
      candidates.append(String(name[name.index(after: dot)...]))
    }
    candidates += ["model.", "transformer."].map { $0 + name }
    if configuration.tiesEmbeddings && name == tensors.embedding {
      candidates.append(tensors.head)
    }
    return candidates.first(where: checkpoint.contains) ?? name
  }
}

extension WeightPrecision {
  /// The precision of a file's element type; nil for types that are widened first.
  fileprivate init?(_ type: ElementType) {
    switch type {
    case .f32: self = .f32
    case .bf16: self = .bf16
    case .f16: self = .f16
    default: return nil
    }
  }
}

/// Runs a read of the checkpoint and gives its error the type of this layer.
private func loading<Value>(
  _ read: () throws(CheckpointError) -> Value
) throws(TransformerError) -> Value {
  do { return try read() } catch { throw .checkpoint(error) }
}

extension Decoder {
  /// Loads the model of a folder. `progress` is called with the layers that are ready and their total.
  package convenience init(
    _ folder: ModelFolder, on device: Device, precision: WeightPrecision,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) {
    let config: JSONValue
    let checkpoint: Checkpoint
    do {
      config = try folder.config()
      checkpoint = try folder.checkpoint()
    } catch {
      throw .folder(error)
    }
    let family = try DecoderFamily.of(config)
    let configuration = try family.configuration(config)
    let tensors = try family.tensors(config)
    let source = CheckpointWeights(
      device: device, checkpoint: checkpoint, tensors: tensors, configuration: configuration,
      precision: precision)
    try self.init(device, configuration: configuration, tensors: tensors, source: source) {
      progress($0, configuration.layerCount)
    }
  }
}
