import GGUF

/// The tensors of all files of a GGUF model, under their names in the files.
struct GGUFTensors: Sendable {
  /// The files' path for messages: that of the first.
  let path: String

  private let weights: [String: GGUFWeight]

  /// Collects the tensors.
  ///
  /// - Throws: when two files hold the same.
  init(_ files: [GGUFFile]) throws(GGUFError) {
    path = files[0].path
    var weights: [String: GGUFWeight] = [:]
    for file in files {
      for tensor in file.tensors {
        guard weights.updateValue(GGUFWeight(tensor, in: file), forKey: tensor.name) == nil else {
          throw GGUFError(file: file.path, problem: .duplicateTensor(tensor.name))
        }
      }
    }
    self.weights = weights
  }

  /// One more than the largest number of a layer.
  var layerCount: Int {
    weights.keys.reduce(0) { max($0, (GGUFTensorName($1)?.layer).map { $0 &+ 1 } ?? 0) }
  }

  /// The names, sorted.
  var names: [String] { weights.keys.sorted() }

  /// A tensor, or nil.
  subscript(name: String) -> GGUFWeight? { weights[name] }

  /// Whether there is a tensor of this name.
  func has(_ name: String) -> Bool { weights[name] != nil }

  /// The elements of a small tensor, or nil where there is none.
  ///
  /// - Throws: when it is longer than `limit`, or one is not finite.
  func numbers(_ name: String, limit: Int) throws(GGUFError) -> [Double]? {
    guard let weight = weights[name] else { return nil }
    let count = weight.shape.reduce(1, *)
    guard count <= limit else {
      throw GGUFError(
        file: weight.file.path,
        problem: .badShape(
          tensor: name, expected: "at most \(limit) elements", found: "\(weight.shape)"))
    }
    try weight.checkFinite()
    return weight.floats().map(Double.init)
  }
}
