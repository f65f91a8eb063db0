import Foundation

/// The four normalization forms of Unicode, as Python's `tokenizers` computes them.
///
/// That library normalizes by Unicode 9. Later versions never change the mapping of an older
/// character (the stability policy of Unicode), so Foundation's mapping is exact for text of
/// characters that Unicode 9 has, and a later character passes through as it is and parts its
/// neighbours: it neither decomposes nor composes nor takes part in reordering.
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
      appendMapped(String(decoding: text[start..<end], as: UTF8.self), to: &output)
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

  /// Appends the mapping of `text`, character by character where Unicode 9 does not know it.
  private func appendMapped(_ text: String, to output: inout [UInt8]) {
    var known = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.isAssigned(byVersion: 9) {
        known.append(scalar)
      } else {
        output.append(contentsOf: map(String(known)).utf8)
        known.removeAll(keepingCapacity: true)
        output.append(scalar: scalar)
      }
    }
    output.append(contentsOf: map(String(known)).utf8)
  }

  private func map(_ text: String) -> String {
    switch self {
    case .nfc: text.precomposedStringWithCanonicalMapping
    case .nfd: text.decomposedStringWithCanonicalMapping
    case .nfkc: text.precomposedStringWithCompatibilityMapping
    case .nfkd: text.decomposedStringWithCompatibilityMapping
    }
  }
}
