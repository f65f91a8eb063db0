/// The pairs of adjacent characters that occur inside any token which merging can produce.
///
/// Merging (a, b) makes the last character of a adjacent to the first one of b. So a boundary in a
/// piece between two characters that are no such pair is never inside a token, and the parts on
/// both sides merge independently: splitting the piece there changes nothing.
struct MergeablePairs: Sendable {
  /// Pairs by hash, 0 where free; a power of two long.
  private var slots: [UInt64] = Array(repeating: 0, count: 1024)
  private var count = 0
  /// Whether a character that is not in the vocabulary ends what is on its left and right.
  private let cutsAtUnknown: Bool

  /// - Parameter cutsAtUnknown: whether unknown characters become byte tokens, which never merge.
  init(cutsAtUnknown: Bool) {
    self.cutsAtUnknown = cutsAtUnknown
  }

  mutating func insert(_ left: Int32, _ right: Int32) {
    if (count + 1) * 2 > slots.count {
      let old = slots
      slots = Array(repeating: 0, count: old.count * 2)
      for key in old where key != 0 { slots[find(key)] = key }
    }
    let key = Self.key(left, right)
    let slot = find(key)
    if slots[slot] == 0 {
      slots[slot] = key
      count += 1
    }
  }

  /// Whether no token can hold the symbols `left` and `right` side by side; -1 is an unknown one.
  @inline(__always)
  func canCut(_ left: Int32, _ right: Int32) -> Bool {
    if left < 0 || right < 0 { return cutsAtUnknown }
    return slots[find(Self.key(left, right))] == 0
  }

  /// Never 0, since identifiers are counted from 1 here.
  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left + 1)) << 32 | UInt64(UInt32(bitPattern: right + 1))
  }

  @inline(__always)
  private func find(_ key: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot] != 0, slots[slot] != key { slot = (slot + 1) & mask }
    return slot
  }
}
