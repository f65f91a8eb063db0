import Safetensors

extension FixedWidthInteger {
  /// The bytes, least significant first.
  var littleEndianBytes: [UInt8] {
    stride(from: 0, to: bitWidth, by: 8).map { UInt8(truncatingIfNeeded: self >> $0) }
  }
}

extension [Float] {
  /// The elements in little-endian bytes, rounded to the nearest number of a narrower type.
  func narrowed(to elements: ElementType) -> [UInt8] {
    switch elements {
    case .bf16:
      flatMap { value in
        let bits = value.bitPattern
        return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16).littleEndianBytes
      }
    case .f16: flatMap { Float16($0).bitPattern.littleEndianBytes }
    default: flatMap { $0.bitPattern.littleEndianBytes }
    }
  }

  /// Elements of f32 in little-endian bytes; nil where the bytes are no whole elements.
  init?(littleEndian bytes: [UInt8]) {
    guard bytes.count % 4 == 0 else { return nil }
    self = stride(from: 0, to: bytes.count, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
    }
  }
}
