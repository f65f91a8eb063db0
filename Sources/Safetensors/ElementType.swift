/// The element types of a safetensors file that Pith reads; the raw value is the name in the file.
///
/// Types that the format knows and Pith does not (8-bit floats and packed 4-bit and 6-bit types)
/// are refused by name when a file is opened.
package enum ElementType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// The bytes of one element.
  package var byteCount: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .f64, .i64, .u64: 8
    }
  }

  /// Whether the elements are floating-point numbers, those that
  /// ``SafetensorsFile/floats(of:shape:)`` widens to `Float`.
  package var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: false
    }
  }
}

extension ElementType: CustomStringConvertible {
  /// The name in the file, for example `BF16`.
  package var description: String { rawValue }
}
