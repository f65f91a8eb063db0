import Weights

/// One tensor of a checkpoint, as the file holds it.
package struct CheckpointTensor: Sendable, Equatable {
  /// The name that the model's family gives it.
  package let name: String

  /// The extents, outermost first; empty for a scalar.
  package let shape: [Int]

  /// The format of a weight; nil for elements that are converted when they are read, such as f64.
  package let format: WeightFormat?

  /// The name of the format in the file: `BF16`, `Q4_K`.
  package let typeName: String
}

/// The elements of a tensor where they lie: in a mapped file, or in a copy whose rows stand in the
/// order of the family.
@safe package struct StoredElements {
  /// Row-major, at any address; valid as long as ``owner`` lives.
  package let bytes: UnsafeRawBufferPointer
  /// Keeps the bytes alive.
  package let owner: AnyObject

  init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    unsafe self.bytes = unsafe bytes
    self.owner = owner
  }
}
