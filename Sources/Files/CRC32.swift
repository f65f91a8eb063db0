/// CRC-32 of IEEE 802.3 (reflected polynomial EDB88320), as zip archives store it.
package struct CRC32: Sendable {
  private var state: UInt32 = 0xffff_ffff

  /// The remainder of each byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1
    }
  }

  /// The checksum of no bytes yet.
  package init() {}

  /// Takes in more bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    for index in bytes.indices {
      state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])] ^ state >> 8
    }
  }

  /// The checksum of all bytes so far.
  package var value: UInt32 { ~state }

  /// The checksum of these bytes.
  package static func of(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes.span)
    return checksum.value
  }
}
