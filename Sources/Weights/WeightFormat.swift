import CArithmetic

/// The storage format of frozen weights, in a file or on a device: plain elements, or blocks of
/// GGML, which share scales. Blocks lie along the rows of a matrix. This type owns the sizes of
/// blocks; nothing else computes bytes of weights.
package enum WeightFormat: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
  /// 32-bit IEEE.
  case f32
  /// The upper half of an f32: the same range, 8 bits of mantissa.
  case bf16
  /// 16-bit IEEE: up to 65504, 11 bits of mantissa.
  case f16
  /// 32 elements of 8 bits and a scale.
  case q80 = "q8_0"
  /// 32 elements of 4 bits and a scale.
  case q40 = "q4_0"
  /// 32 elements of 4 bits, a scale and a minimum.
  case q41 = "q4_1"
  /// 32 elements of 5 bits and a scale.
  case q50 = "q5_0"
  /// 32 elements of 5 bits, a scale and a minimum.
  case q51 = "q5_1"
  /// 256 elements of 4 bits; each 32 of them have a scale and a minimum of 6 bits.
  case q4K = "q4_k"
  /// 256 elements of 5 bits; each 32 of them have a scale and a minimum of 6 bits.
  case q5K = "q5_k"
  /// 256 elements of 6 bits; each 16 of them have a scale of 8 bits.
  case q6K = "q6_k"

  package var description: String { rawValue }

  /// Its number in Kernels/dialect.h and in CArithmetic.
  package var code: Int32 {
    switch self {
    case .f32: Int32(WEIGHT_F32)
    case .bf16: Int32(WEIGHT_BF16)
    case .f16: Int32(WEIGHT_F16)
    case .q80: Int32(WEIGHT_Q8_0)
    case .q40: Int32(WEIGHT_Q4_0)
    case .q41: Int32(WEIGHT_Q4_1)
    case .q50: Int32(WEIGHT_Q5_0)
    case .q51: Int32(WEIGHT_Q5_1)
    case .q4K: Int32(WEIGHT_Q4_K)
    case .q5K: Int32(WEIGHT_Q5_K)
    case .q6K: Int32(WEIGHT_Q6_K)
    }
  }

  /// Its number in a GGUF file (`ggml_type` of ggml.h).
  package var ggmlType: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q40: 2
    case .q41: 3
    case .q50: 6
    case .q51: 7
    case .q80: 8
    case .q4K: 12
    case .q5K: 13
    case .q6K: 14
    case .bf16: 30
    }
  }

  /// The format with this number in a GGUF file; nil for numbers of other types.
  package init?(ggmlType: UInt32) {
    guard let format = Self.allCases.first(where: { $0.ggmlType == ggmlType }) else { return nil }
    self = format
  }

  /// Elements of a block; 1 for plain elements. A row of a matrix is whole blocks.
  package var blockElements: Int { weight_block_elements(code) }

  /// Bytes of a block, or of a plain element.
  package var blockBytes: Int { weight_block_bytes(code) }

  /// Whether elements share scales.
  package var isBlocked: Bool { blockElements > 1 }

  /// Bytes of `count` elements, which are whole blocks.
  package func byteCount(_ count: Int) -> Int { weight_bytes(code, count) }

  /// Whether a row of `columns` elements is whole blocks.
  package func fits(columns: Int) -> Bool { columns % blockElements == 0 }

  /// Whether numbers can be converted to this format; the others are only read.
  package var isEncodable: Bool { weight_format_is_stored(code) }
}
