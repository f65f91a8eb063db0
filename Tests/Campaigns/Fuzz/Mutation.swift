import TestSupport

/// Changes to the bytes of a file: random ones, and ones that readers of text are known to stumble
/// over.
struct Mutation {
  /// What is put in by name.
  let words: [String]

  private static let numbers = [
    "0", "-1", "1", "2", "255", "65536", "2147483648", "4294967297", "9223372036854775807",
    "-9223372036854775808", "18446744073709551616", "1e999", "-1e999", "1e-320", "0.5", "1e18",
    "00", "0x10", "NaN", "Infinity",
  ]
  private static let strings = [
    "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u202e\"", "\"a\\nb\"", "null", "true", "[]", "{}",
    "[[]]", "{\"\": {}}", "\"../../etc/passwd\"", "\"/\"", "\"\u{1F469}\u{200D}\u{1F52C}\"",
  ]

  /// A changed copy. Places are chosen below `focus` as a rule.
  func applied(
    to bytes: [UInt8], focus: Int?, using random: inout SeededGenerator
  ) -> [UInt8] {
    var result = bytes
    for _ in 0..<([1, 1, 1, 2, 3].randomElement(using: &random) ?? 1) {
      let isFocused = focus != nil && Int.random(in: 0..<10, using: &random) > 0
      let end = min(result.count, isFocused ? focus ?? 0 : result.count)
      change(&result, below: end, using: &random)
    }
    return result
  }

  private func change(
    _ bytes: inout [UInt8], below end: Int, using random: inout SeededGenerator
  ) {
    guard end > 0 else {
      bytes += (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
      return
    }
    let place = Int.random(in: 0..<end, using: &random)
    let length = Int.random(in: 1...max(1, min(64, end - place)), using: &random)
    let range = place..<min(place + length, bytes.count)
    switch Int.random(in: 0..<16, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2:
      let count = Int.random(in: 1...8, using: &random)
      bytes.insert(
        contentsOf: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
    case 3: bytes.removeSubrange(range)
    case 4:
      let copies = Int.random(in: 1...8, using: &random)
      bytes.insert(contentsOf: (0..<copies).flatMap { _ in bytes[range] }, at: place)
    case 5: bytes.removeSubrange(place...)
    case 6: bytes.replaceSubrange(range, with: bytes[range].reversed())
    case 7, 8: insert(words, at: place, into: &bytes, using: &random)
    case 9...11: replaceNumber(from: place, in: &bytes, using: &random)
    case 12...14: replaceString(from: place, in: &bytes, using: &random)
    default:
      let opening = [UInt8]("[{(\"-".utf8).randomElement(using: &random) ?? 0
      let count = Int.random(in: 0..<8, using: &random) == 0 ? 20_000 : 8
      bytes.insert(contentsOf: [UInt8](repeating: opening, count: count), at: place)
    }
  }

  /// Puts a word in at a place, or half of the time at the begin of the file or of a line behind
  /// the place.
  private func insert(
    _ words: [String], at place: Int, into bytes: inout [UInt8],
    using random: inout SeededGenerator
  ) {
    let word = (words + (words.isEmpty ? Self.strings : [])).randomElement(using: &random) ?? ""
    let line = bytes[place...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let position = Bool.random(using: &random) ? place : line
    bytes.insert(contentsOf: Array(word.utf8), at: position)
  }

  /// The first run of digits from a place on becomes another number.
  private func replaceNumber(
    from place: Int, in bytes: inout [UInt8], using random: inout SeededGenerator
  ) {
    func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    guard let begin = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[begin...].firstIndex { !isDigit($0) } ?? bytes.count
    let number = Self.numbers.randomElement(using: &random) ?? ""
    bytes.replaceSubrange(begin..<end, with: Array(number.utf8))
  }

  /// The first quoted text from a place on becomes another value.
  private func replaceString(
    from place: Int, in bytes: inout [UInt8], using random: inout SeededGenerator
  ) {
    let quote = UInt8(ascii: "\"")
    guard let begin = bytes[place...].firstIndex(of: quote),
      let end = bytes[(begin + 1)...].firstIndex(of: quote)
    else { return }
    let value = (Self.strings + Self.numbers).randomElement(using: &random) ?? ""
    bytes.replaceSubrange(begin...end, with: Array(value.utf8))
  }
}
