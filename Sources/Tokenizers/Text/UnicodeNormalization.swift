/// The four normalization forms of Unicode (UAX 15), by `NormalizationTables`.
enum UnicodeNormalization: String, CaseIterable, Sendable {
  case nfc = "NFC"
  case nfd = "NFD"
  case nfkc = "NFKC"
  case nfkd = "NFKD"

  /// `text` in this form; `text` itself where a quick look shows that nothing can change.
  func normalize(_ text: [UInt8]) -> [UInt8] {
    guard let first = text.firstIndex(where: { $0 >= 0x80 }) else { return text }
    let bytes = text.span
    var output: [UInt8] = []
    var copied = 0
    var index = first
    while index < text.count {
      let (value, length) = decodeScalar(bytes, at: index)
      if isInert(value) {
        index += length
        continue
      }
      // What a mark may change starts at the character before it.
      let start = index > copied ? scalarStart(bytes, before: index) : index
      var end = index + length
      while end < text.count {
        let (value, length) = decodeScalar(bytes, at: end)
        if isInert(value) { break }
        end += length
      }
      if output.isEmpty { output.reserveCapacity(text.count + text.count / 8) }
      output.append(bytes, copied..<start)
      appendNormalized(bytes, start..<end, to: &output)
      copied = end
      index = end
    }
    if copied == 0 { return text }
    output.append(bytes, copied..<text.count)
    return output
  }

  /// Whether the character stays as it is and composes with nothing before it, decided quickly;
  /// a false answer only costs time.
  @inline(__always)
  private func isInert(_ value: UInt32) -> Bool {
    if value < 0x80 { return true }
    guard self == .nfc else { return false }
    switch value {
    case 0x80..<0x300,  // Latin
      0x400..<0x483, 0x48A..<0x530,  // Cyrillic
      0x2010..<0x20D0,  // punctuation
      0x3001..<0x302A, 0x3040..<0x3099, 0x30A0..<0x3100,  // CJK punctuation, kana
      0x3400..<0x4DC0, 0x4E00..<0xA000,  // Han
      0xAC00..<0xD7A4,  // Hangul syllables
      0xFF00..<0xFFF0,  // fullwidth forms
      0x1F300..<0x1FB00:  // emoji
      return true
    default:
      return false
    }
  }

  /// Appends the normal form of `text[range]`, which shares no mark with what is around it.
  private func appendNormalized(
    _ text: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) {
    let isCompatibility = self == .nfkc || self == .nfkd
    let tables: NormalizationTables = isCompatibility ? .compatibility : .canonical
    var scalars: [UInt32] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let (value, length) = decodeScalar(text, at: index)
      tables.appendDecomposition(of: value, to: &scalars)
      index += length
    }
    Self.order(&scalars, tables)
    if self == .nfc || self == .nfkc { Self.compose(&scalars, tables) }
    for value in scalars {
      if let scalar = Unicode.Scalar(value) { output.append(scalar: scalar) }
    }
  }

  /// Sorts each run of marks by combining class; marks of one class keep their order.
  private static func order(_ scalars: inout [UInt32], _ tables: NormalizationTables) {
    var start = 0
    while start < scalars.count {
      let first = tables.combiningClass(scalars[start])
      guard first > 0 else {
        start += 1
        continue
      }
      var run: [(rank: UInt8, value: UInt32)] = [(first, scalars[start])]
      var isOrdered = true
      while start + run.count < scalars.count {
        let value = scalars[start + run.count]
        let rank = tables.combiningClass(value)
        if rank == 0 { break }
        isOrdered = isOrdered && rank >= run[run.count - 1].rank
        run.append((rank, value))
      }
      if !isOrdered {
        // By rank and then by place, so that the order is stable and long runs stay cheap.
        let sorted = run.indices.sorted { (run[$0].rank, $0) < (run[$1].rank, $1) }
        for (offset, place) in sorted.enumerated() { scalars[start + offset] = run[place].value }
      }
      start += run.count
    }
  }

  /// Composes each starter with the marks after it that nothing blocks (Unicode Standard, D117).
  private static func compose(_ scalars: inout [UInt32], _ tables: NormalizationTables) {
    var count = 0
    var starter: Int?
    /// The class of what was kept last after the starter; -1 if nothing was.
    var lastRank = -1
    for value in scalars {
      let rank = Int(tables.combiningClass(value))
      if let starter, lastRank < rank,
        let composite = tables.composition(scalars[starter], value)
      {
        scalars[starter] = composite
        continue
      }
      if rank == 0 {
        starter = count
        lastRank = -1
      } else {
        lastRank = rank
      }
      scalars[count] = value
      count += 1
    }
    scalars.removeSubrange(count...)
  }
}
