/// The types of metadata values; the raw value is the number in the file.
enum GGUFValueType: UInt32, Sendable {
  case u8 = 0
  case i8 = 1
  case u16 = 2
  case i16 = 3
  case u32 = 4
  case i32 = 5
  case f32 = 6
  case bool = 7
  case string = 8
  case array = 9
  case u64 = 10
  case i64 = 11
  case f64 = 12

  /// The bytes of a value, or nil where values differ in length.
  var byteCount: Int? {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .string, .array: nil
    }
  }

  /// The noun for several values, for messages.
  var plural: String {
    switch self {
    case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: "integers"
    case .f32, .f64: "numbers"
    case .bool: "truth values"
    case .string: "strings"
    case .array: "arrays"
    }
  }
}

/// A metadata value: its type and where its bytes lie.
struct GGUFValue: Sendable {
  /// The type of the value, or of the elements of an array.
  let type: GGUFValueType
  let isArray: Bool
  /// The number of elements; 1 for a value that is no array.
  let count: Int
  /// The bytes of the elements in the file; those of a string without its length, those of an
  /// array's strings with it.
  let byteRange: Range<Int>
}
