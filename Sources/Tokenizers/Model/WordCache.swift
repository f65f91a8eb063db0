/// The tokens of words, so that a word is merged once however often it occurs.
///
/// Words and identifiers lie end to end in two buffers, which are emptied when they have grown to a
/// few megabytes.
struct WordCache {
  private struct Slot {
    /// 0 where free.
    var hash: UInt64
    var wordStart: Int32
    var wordCount: Int32
    var identifierStart: Int32
    var identifierCount: Int32

    static let free = Slot(
      hash: 0, wordStart: 0, wordCount: 0, identifierStart: 0, identifierCount: 0)
  }

  /// Longer words hardly ever occur again.
  static let longestWord = 128

  private static let entryLimit = 1 << 16
  private static let byteLimit = 1 << 21

  private var slots = [Slot](repeating: .free, count: 256)
  private var count = 0
  private var words: [UInt8] = []
  private var identifiers: [Int32] = []

  /// The key for a word, to be computed once for `find` and `insert`.
  static func key(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    byteHash(text, range) | 1
  }

  /// Appends the tokens of `text[range]`; false if they are not in the cache.
  func find(
    _ key: UInt64, _ text: Span<UInt8>, _ range: Range<Int>, to output: inout [Int32]
  ) -> Bool {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: key >> 1) & mask
    while slots[index].hash != 0 {
      let slot = slots[index]
      if slot.hash == key, Int(slot.wordCount) == range.count,
        isEqual(Int(slot.wordStart), text, range)
      {
        let start = Int(slot.identifierStart)
        for index in start..<start + Int(slot.identifierCount) {
          output.append(identifiers[index])
        }
        return true
      }
      index = (index + 1) & mask
    }
    return false
  }

  /// Stores `output[first...]` as the tokens of `text[range]`, which must not be in the cache.
  mutating func insert(
    _ key: UInt64, _ text: Span<UInt8>, _ range: Range<Int>, _ output: [Int32], from first: Int
  ) {
    if count == Self.entryLimit || words.count > Self.byteLimit { self = WordCache() }
    if (count + 1) * 2 > slots.count { grow() }
    put(
      Slot(
        hash: key, wordStart: Int32(words.count), wordCount: Int32(range.count),
        identifierStart: Int32(identifiers.count),
        identifierCount: Int32(output.count - first)))
    count += 1
    words.append(text, range)
    identifiers.append(contentsOf: output[first...])
  }

  private func isEqual(_ start: Int, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    for offset in 0..<range.count
    where words[start + offset] != text[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private mutating func put(_ slot: Slot) {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: slot.hash >> 1) & mask
    while slots[index].hash != 0 { index = (index + 1) & mask }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: .free, count: old.count * 2)
    for slot in old where slot.hash != 0 { put(slot) }
  }
}
