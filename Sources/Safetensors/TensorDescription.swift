/// One tensor of a safetensors file: what the header says of it, already checked against the file.
package struct TensorDescription: Sendable, Equatable {
  /// The name in the file, for example `model.layers.0.mlp.up_proj.weight`.
  package let name: String

  /// The type of the stored elements.
  package let elementType: ElementType

  /// The extents, outermost first; empty for a scalar.
  package let shape: [Int]

  /// Where the elements lie, in bytes from the beginning of the file; row-major and little-endian.
  package let byteRange: Range<Int>

  /// The product of ``shape``: 1 for a scalar.
  package var elementCount: Int { byteRange.count / elementType.byteCount }
}

/// The number of bytes of a tensor, or nil where it is more than an `Int` can count.
func byteCount(of elementType: ElementType, shape: [Int]) -> Int? {
  var count = elementType.byteCount
  for extent in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    if overflow { return nil }
    count = product
  }
  return count
}
