/// SHA-1 (FIPS 180-4), fed in pieces of any size: git names its blobs by it.
///
/// It finds contents that were damaged or mixed up; SHA-1 does not hold against one who makes two
/// files of the same digest on purpose.
package struct SHA1: Sendable {
  private var state: InlineArray<5, UInt32> = [
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
  ]
  /// The block that is being filled, and how many of its bytes are there.
  private var block = InlineArray<64, UInt8>(repeating: 0)
  private var filled = 0
  private var byteCount: UInt64 = 0

  /// The digest of no bytes yet.
  package init() {}

  /// Takes in more bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    byteCount += UInt64(bytes.count)
    for index in bytes.indices { append(bytes[index]) }
  }

  /// The 20 bytes of the digest. The value must not be used any more.
  package mutating func finish() -> [UInt8] {
    let bitCount = byteCount * 8
    append(0x80)
    while filled != 56 { append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    return state.indices.flatMap { index in
      (0..<4).map { UInt8(truncatingIfNeeded: state[index] >> (24 - 8 * UInt32($0))) }
    }
  }

  private mutating func append(_ byte: UInt8) {
    block[filled] = byte
    filled += 1
    if filled == 64 {
      compress()
      filled = 0
    }
  }

  /// Section 6.1.2: the schedule, of which sixteen words are alive at a time, and 80 rounds.
  private mutating func compress() {
    var schedule = InlineArray<16, UInt32>(repeating: 0)
    for index in 0..<64 {
      schedule[index / 4] = schedule[index / 4] << 8 | UInt32(block[index])
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for round in 0..<80 {
      if round >= 16 {
        let mixed =
          schedule[(round + 13) & 15] ^ schedule[(round + 8) & 15] ^ schedule[(round + 2) & 15]
          ^ schedule[round & 15]
        schedule[round & 15] = Self.rotatedLeft(mixed, 1)
      }
      let (choice, constant): (UInt32, UInt32) =
        switch round / 20 {
        case 0: ((b & c) | (~b & d), 0x5a82_7999)
        case 1: (b ^ c ^ d, 0x6ed9_eba1)
        case 2: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
      let next = Self.rotatedLeft(a, 5) &+ choice &+ e &+ constant &+ schedule[round & 15]
      (a, b, c, d, e) = (next, a, Self.rotatedLeft(b, 30), c, d)
    }
    let words: InlineArray<5, UInt32> = [a, b, c, d, e]
    for index in state.indices { state[index] &+= words[index] }
  }

  private static func rotatedLeft(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 &- count)
  }
}
