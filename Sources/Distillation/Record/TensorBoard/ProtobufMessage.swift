/// A message of Protocol Buffers, field by field, in their wire format.
struct ProtobufMessage {
  /// The bytes so far.
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case variable = 0
    case eightBytes = 1
    case lengthDelimited = 2
    case fourBytes = 5
  }

  /// An integer that is not negative, or an enumeration.
  mutating func append(_ value: UInt64, field: UInt64) {
    appendKey(field, .variable)
    appendVariable(value)
  }

  mutating func append(_ value: Double, field: UInt64) {
    appendKey(field, .eightBytes)
    bytes += Self.littleEndian(value.bitPattern)
  }

  mutating func append(_ value: Float, field: UInt64) {
    appendKey(field, .fourBytes)
    bytes += Self.littleEndian(value.bitPattern)
  }

  mutating func append(_ text: String, field: UInt64) {
    append(Array(text.utf8), field: field)
  }

  /// A message inside this one.
  mutating func append(_ message: ProtobufMessage, field: UInt64) {
    append(message.bytes, field: field)
  }

  private mutating func append(_ content: [UInt8], field: UInt64) {
    appendKey(field, .lengthDelimited)
    appendVariable(UInt64(content.count))
    bytes += content
  }

  private mutating func appendKey(_ field: UInt64, _ type: WireType) {
    appendVariable(field << 3 | type.rawValue)
  }

  /// Seven bits a byte, the lowest first; all but the last have the highest bit.
  private mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// The bytes of a number, the lowest first.
  static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
  }
}
