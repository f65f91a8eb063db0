/// The bijection between the 256 bytes and 256 printable characters that GPT-2 introduced
/// (`bytes_to_unicode` of its encoder.py): printable Latin 1 stands for itself, the other 68
/// bytes are numbered from U+0100 on.
enum ByteLevelAlphabet {
  /// The character of each byte; all lie below U+0144.
  static let characters: [UInt16] = {
    var following: UInt16 = 0x100
    return (0...UInt8.max).map { (byte: UInt8) -> UInt16 in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        defer { following += 1 }
        return following
      }
    }
  }()

  /// The byte of each character below U+0144, or -1.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, character) in characters.enumerated() { bytes[Int(character)] = Int16(byte) }
    return bytes
  }()

  /// Appends the characters of `text[range]`'s bytes as UTF-8.
  static func appendEncoded(
    _ text: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) {
    let characters = characters
    for index in range {
      let character = characters[Int(text[index])]
      if character < 0x80 {
        output.append(UInt8(truncatingIfNeeded: character))
      } else {
        output.append(0xC0 | UInt8(truncatingIfNeeded: character >> 6))
        output.append(0x80 | UInt8(truncatingIfNeeded: character & 0x3F))
      }
    }
  }

  /// Appends the bytes that the characters of `text[range]` stand for; text with any character
  /// outside the alphabet is appended as it is.
  static func appendDecoded(
    _ text: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) {
    let bytes = bytes
    let rollback = output.count
    var index = range.lowerBound
    while index < range.upperBound {
      let (value, length) = decodeScalar(text, at: index)
      guard value < UInt32(bytes.count), let byte = UInt8(exactly: bytes[Int(value)]) else {
        output.removeSubrange(rollback...)
        output.append(text, range)
        return
      }
      output.append(byte)
      index += length
    }
  }
}
