import CArithmetic

/// The element type of frozen weights, in a file or on a device.
package enum WeightPrecision: String, Sendable, CaseIterable, CustomStringConvertible {
  /// 32-bit IEEE.
  case f32
  /// The upper half of an f32: the same range, 8 bits of mantissa.
  case bf16
  /// 16-bit IEEE: up to 65504, 11 bits of mantissa.
  case f16

  package var description: String { rawValue }

  /// Bytes of an element.
  package var byteCount: Int { self == .f32 ? 4 : 2 }

  /// Its number in Kernels/dialect.h and in CArithmetic.
  var code: Int32 {
    switch self {
    case .f32: Int32(WEIGHT_F32)
    case .bf16: Int32(WEIGHT_BF16)
    case .f16: Int32(WEIGHT_F16)
    }
  }

  /// Its `-D` constant.
  var option: KernelOption { KernelOption("ELEMENT", Int(code)) }
}
