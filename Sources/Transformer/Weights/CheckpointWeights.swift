package import Compute
package import HuggingFace
internal import JSON
import Weights

/// The weights of a checkpoint, loaded to a device in a format; nil for those of the file.
struct CheckpointWeights: WeightSource {
  let device: Device
  let checkpoint: Checkpoint
  let tensors: DecoderTensors
  var configuration: DecoderConfiguration
  let precision: WeightFormat?
  let updates: LoRAUpdates

  func matrix(_ parts: [TensorRows], inputs: Int) throws(TransformerError) -> WeightMatrix {
    var pieces: [WeightPiece] = []
    var bias: [Float] = []
    for part in parts {
      pieces += try self.pieces(part, columns: inputs)
      if let name = part.name.bias {
        let all = try vector(name, count: part.count)
        for range in part.ranges { bias += all[range] }
      }
    }
    let matrix = try assemble(parts[0].name.weight, pieces, columns: inputs, bias: bias)
    var row = 0
    for part in parts {
      release(part.name.weight, unlessUsedBy: matrix, as: row..<(row + part.outputs))
      row += part.outputs
    }
    return matrix
  }

  func table(
    _ name: String, rows: Int, columns: Int
  ) throws(TransformerError) -> WeightMatrix {
    // Tables are stored by row in either order of matrices.
    let piece = try piece(name, rows: rows, columns: columns, isInputsFirst: false)
    let matrix = try assemble(name, [piece], columns: columns, bias: [])
    release(name, unlessUsedBy: matrix, as: 0..<rows)
    return matrix
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

  /// The matrix of stacked pieces, the first of them of tensor `name`.
  private func assemble(
    _ name: String, _ pieces: [WeightPiece], columns: Int, bias: [Float]
  ) throws(TransformerError) -> WeightMatrix {
    if let precision, !precision.fits(columns: columns) {
      throw .blocks(
        tensor: checkpoint.place(of: resolved(name)), columns: columns, format: precision)
    }
    return try computing { () throws(ComputeError) in
      try WeightMatrix(
        device, columns: columns, precision: precision, pieces: pieces,
        bias: bias.isEmpty ? nil : bias)
    }
  }

  /// The rows of a tensor for a matrix, in the mapped file where the order allows it.
  private func pieces(
    _ part: TensorRows, columns: Int
  ) throws(TransformerError) -> [WeightPiece] {
    let whole = try piece(part.name.weight, rows: part.count, columns: columns)
    if part.ranges == [0..<part.count] { return [whole] }
    guard whole.isTransposed else {
      return part.ranges.map { whole.rows($0, columns: columns) }
    }
    // Rows of the matrix are columns of the file.
    let values = try finiteFloats(part.name.weight, shape: [columns, part.count])
    return part.ranges.map { range in
      var rows: [Float] = []
      rows.reserveCapacity(range.count * columns)
      for row in range {
        for column in 0..<columns { rows.append(values[column * part.count + row]) }
      }
      return WeightPiece(rows, rows: range.count)
    }
  }

  /// Releases a tensor's mapped pages where these rows of the matrix are a copy: the model is then
  /// in memory once.
  private func release(_ name: String, unlessUsedBy matrix: WeightMatrix, as rows: Range<Int>) {
    if !matrix.isMapped(rows) { checkpoint.releasePages(of: resolved(name)) }
  }

  /// A matrix in the mapped file, which stays mapped as long as the matrix uses it.
  private func piece(
    _ name: String, rows: Int, columns: Int, isInputsFirst: Bool? = nil
  ) throws(TransformerError) -> WeightPiece {
    let isInputsFirst = isInputsFirst ?? tensors.isInputsFirst
    let modules = candidates(of: name).map { $0.hasSuffix(".weight") ? String($0.dropLast(7)) : $0 }
    let name = resolved(name)
    let shape = isInputsFirst ? [columns, rows] : [rows, columns]
    let stored = try loading { () throws(CheckpointError) in
      try checkpoint.checkFinite(name)
      return try checkpoint.tensor(named: name, shape: shape).format
    }
    guard let stored, !updates.concern(modules) else {
      var values = try loading { () throws(CheckpointError) in
        try checkpoint.floats(of: name, shape: shape)
      }
      if isInputsFirst { values = Self.transposed(values, rows: rows, columns: columns) }
      try updates.add(to: &values, rows: rows, columns: columns, of: modules)
      return WeightPiece(values, rows: rows)
    }
    return try loading { () throws(CheckpointError) in
      let elements = try checkpoint.stored(name)
      return unsafe WeightPiece(
        elements.bytes, rows: rows, precision: stored, isTransposed: isInputsFirst,
        keepingAlive: elements.owner)
    }
  }

  /// [rows, columns] of a file's [columns, rows].
  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for row in 0..<rows {
      for column in 0..<columns { result.append(values[column * rows + row]) }
    }
    return result
  }

  /// Throws where config.json says that the head is not tied, and the file has none: exports often
  /// lack one of the two.
  func checkHead(_ config: JSONNode) throws(TransformerError) {
    guard !configuration.tiesEmbeddings, checkpoint.contains(resolved(tensors.embedding)),
      !checkpoint.contains(resolved(tensors.head))
    else { return }
    throw .configuration(
      config.failure(
        expected: "true, since \(checkpoint.location) holds no \(tensors.head)",
        found: "false; set it to true if the head is the embeddings", at: "tie_word_embeddings"))
  }

  /// The tensor's name in this checkpoint.
  func resolved(_ name: String) -> String {
    candidates(of: name).first(where: checkpoint.contains) ?? name
  }

  /// The names that a tensor may have: the family's name with or without its prefix, or that of
  /// the text model of a multimodal one; for the head also its usual name, and for the embedding of
  /// a tied model the head's, where only that is stored.
  private func candidates(of name: String) -> [String] {
    var candidates = [name]
    if let dot = name.firstIndex(of: ".") {
      let rest = name[name.index(after: dot)...]
      candidates += ["", "language_model.", "model.language_model."].map { $0 + rest }
    }
    candidates += ["model.", "transformer.", "language_model."].map { $0 + name }
    if name == tensors.head { candidates.append("lm_head.weight") }
    if configuration.tiesEmbeddings && name == tensors.embedding {
      candidates.append(tensors.head)
    }
    return candidates
  }
}

/// Runs a read of the checkpoint and gives its error the type of this layer.
func loading<Value>(
  _ read: () throws(CheckpointError) -> Value
) throws(TransformerError) -> Value {
  do { return try read() } catch { throw .checkpoint(error) }
}

extension Decoder {
  /// Loads the model of a folder, its matrices in the format `precision`, or, if that is nil, in
  /// that of the file: on the CPU path they are then read in the mapped file. `progress` is called
  /// with the loaded layers and their total, `warn` with one line per setting that is read in
  /// another way than the file says.
  package static func load(
    _ folder: ModelFolder, on device: Device, precision: WeightFormat?,
    progress: (Int, Int) -> Void = { _, _ in }, warn: (String) -> Void = { _ in }
  ) throws(TransformerError) -> Decoder {
    let config: JSONNode
    let checkpoint: Checkpoint
    do {
      config = try folder.config()
      checkpoint = try folder.checkpoint()
    } catch {
      throw .folder(error)
    }
    let family = try DecoderFamily.of(config)
    var tensors = try family.tensors(config)
    if checkpoint.isOutputsFirst { tensors.isInputsFirst = false }
    var source = CheckpointWeights(
      device: device, checkpoint: checkpoint, tensors: tensors,
      configuration: try DecoderConfiguration(config: config), precision: precision,
      updates: LoRAUpdates(folder.adapters))
    try source.checkHead(config)
    let settings = try family.settings(config)
    try source.checkLayerCount(statedIn: settings, as: family.keys.name(of: "num_hidden_layers"))
    if source.configuration.tiesEmbeddings, let head = try source.ownHead() {
      source.configuration.tiesEmbeddings = false
      warn(
        "\(config.file): tie_word_embeddings is true, but the weights hold a \(head) that is not "
          + "the embeddings: it is used as the head")
    }
    for notice in folder.adapters.flatMap(\.notices) { warn(notice) }
    let layers = source.configuration.layerCount
    let decoder = try assemble(
      device, configuration: source.configuration, tensors: tensors, source: source
    ) { progress($0, layers) }
    try source.updates.checkUsed()
    return decoder
  }
}
