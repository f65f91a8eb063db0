/// The scalar that starts at `index` of valid UTF-8, with its length in bytes.
///
/// All text in this module is UTF-8 that came out of a `String` or was put together from whole
/// scalars, so nothing is validated again.
@inline(__always)
func decodeScalar(_ bytes: Span<UInt8>, at index: Int) -> (value: UInt32, length: Int) {
  let first = UInt32(bytes[index])
  if first < 0x80 { return (first, 1) }
  let second = UInt32(bytes[index + 1] & 0x3F)
  if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
  let third = UInt32(bytes[index + 2] & 0x3F)
  if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
  return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(bytes[index + 3] & 0x3F), 4)
}

/// The length in bytes of the scalar whose first byte is `first`.
@inline(__always)
func scalarLength(_ first: UInt8) -> Int {
  first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
}

/// Where the scalar that ends before `index` starts.
@inline(__always)
func scalarStart(_ bytes: Span<UInt8>, before index: Int) -> Int {
  var start = index - 1
  while bytes[start] & 0xC0 == 0x80 { start -= 1 }
  return start
}

extension [UInt8] {
  /// Appends one scalar as UTF-8.
  mutating func append(scalar: Unicode.Scalar) {
    append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  /// Appends `source[range]`.
  mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
    for index in range { append(source[index]) }
  }
}
