/// The merges of a byte-pair encoding: what two adjacent tokens become, and in which order.
struct MergeTable: Sendable {
  /// A merge; lower ranks go first.
  struct Merge {
    let rank: Int32
    let result: Int32
  }

  private struct Slot {
    var left: Int32
    var right: Int32
    var rank: Int32
    var result: Int32
  }

  /// By hash of the pair, `left` -1 where free; a power of two long, at most half full.
  private var slots: [Slot]

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(left: -1, right: 0, rank: 0, result: 0), count: size)
  }

  /// Adds a merge; of merges of one pair the last counts. At most `capacity` may be added.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    slots[find(left, right)] = Slot(
      left: left, right: right, rank: merge.rank, result: merge.result)
  }

  @inline(__always)
  subscript(left: Int32, right: Int32) -> Merge? {
    let slot = slots[find(left, right)]
    return slot.left < 0 ? nil : Merge(rank: slot.rank, result: slot.result)
  }

  @inline(__always)
  private func find(_ left: Int32, _ right: Int32) -> Int {
    let mask = slots.count - 1
    let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot].left >= 0, slots[slot].left != left || slots[slot].right != right {
      slot = (slot + 1) & mask
    }
    return slot
  }
}
