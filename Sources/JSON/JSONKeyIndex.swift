/// The positions of an object's keys by their UTF-8: a table with open addressing.
///
/// The keys stay with the members, so that 150,000 of them cost one allocation here and no copy.
struct JSONKeyIndex: Sendable {
  /// The hash of a key in the upper half and its position + 1 in the lower, 0 where free; a power
  /// of two long and at most half full.
  private var slots: [UInt64] = []

  /// The position of `key`, or nil.
  func position(of key: String, keyAt: (Int) -> String) -> Int? {
    if slots.isEmpty { return nil }
    let slot = slots[find(key, Self.hash(key), keyAt)]
    return slot == 0 ? nil : Self.position(slot)
  }

  /// Adds `key`, which comes after `position` others; false where it exists.
  mutating func insert(_ key: String, at position: Int, keyAt: (Int) -> String) -> Bool {
    if (position + 1) * 2 > slots.count { grow() }
    let hash = Self.hash(key)
    let slot = find(key, hash, keyAt)
    guard slots[slot] == 0 else { return false }
    slots[slot] = UInt64(hash) << 32 | UInt64(UInt32(position + 1))
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: max(32, old.count * 2))
    let mask = slots.count - 1
    for entry in old where entry != 0 {
      var slot = Int(entry >> 32) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }

  /// Where `key` is in `slots`, or the free slot where it would be.
  private func find(_ key: String, _ hash: UInt32, _ keyAt: (Int) -> String) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if entry >> 32 == hash, keyAt(Self.position(entry)).hasSameBytes(as: key) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private static func position(_ slot: UInt64) -> Int {
    Int(UInt32(truncatingIfNeeded: slot)) - 1
  }

  /// With the standard library's seed, which differs from run to run: no file can be made of keys
  /// that collide.
  private static func hash(_ key: String) -> UInt32 {
    var hasher = Hasher()
    var word: UInt64 = 0
    let bytes = key.utf8.span
    for index in bytes.indices {
      word = word << 8 | UInt64(bytes[index])
      if index % 8 == 7 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }
}

extension String {
  /// Whether both are the same sequence of bytes, which is stricter than `==`.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
