/// CRC-32C (Castagnoli, RFC 3720; reflected polynomial 82F63B78), as TFRecord files store it.
package enum CRC32C {
  /// The remainder of each byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0x82f6_3b78 ^ value >> 1 : value >> 1
    }
  }

  /// The checksum of bytes.
  package static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xffff_ffff) { state, byte in
      table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8
    }
  }

  /// The checksum as TFRecord masks it: rotated and shifted, so that bytes with their own checksum
  /// in them do not have a known one.
  package static func masked(_ bytes: [UInt8]) -> UInt32 {
    let value = of(bytes)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }
}
