import Weights

/// One tensor of a GGUF file: what the table says of it, already checked against the file.
package struct GGUFTensor: Sendable, Equatable {
  /// The name in the file, for example `blk.0.attn_q.weight`; at most 64 bytes.
  package let name: String

  /// The format of the stored blocks.
  package let format: WeightFormat

  /// The extents in the file's order: the innermost first, so columns before rows. Up to four, none
  /// of them zero.
  package let dimensions: [Int]

  /// Where the blocks lie, in bytes from the beginning of the file.
  package let byteRange: Range<Int>

  /// The extents as PyTorch and safetensors order them: outermost first.
  package var shape: [Int] { dimensions.reversed() }

  /// K: the number of elements of a row; blocks never reach beyond a row.
  package var columnCount: Int { dimensions.first ?? 1 }

  /// The number of rows.
  package var rowCount: Int { dimensions.dropFirst().reduce(1, *) }

  /// The number of bytes of a row.
  package var rowByteCount: Int { byteRange.count / rowCount }
}
