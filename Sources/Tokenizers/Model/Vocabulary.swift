/// Tokens by identifier and identifiers by token, compared byte by byte.
///
/// All tokens lie end to end in one buffer; a table with open addressing finds them. A vocabulary
/// of 150,000 tokens takes a few megabytes and no allocation of its own per token.
struct Vocabulary: Sendable {
  /// Identifiers must be below this, so that a wrong number cannot allocate gigabytes.
  static let identifierLimit = 1 << 24

  private var storage: [UInt8] = []
  /// Token `entry` is `storage[starts[entry]..<starts[entry + 1]]`.
  private var starts: [Int32] = [0]
  /// The identifier of each entry.
  private var identifiers: [Int32] = []
  /// Entry + 1 by hash, 0 where free; a power of two long.
  private var slots: [Int32]
  /// The entry of each identifier, or -1.
  private var entries: [Int32] = []

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    identifiers.reserveCapacity(capacity)
    starts.reserveCapacity(capacity + 1)
  }

  /// How many different tokens there are.
  var count: Int { identifiers.count }

  /// Adds `token`, or gives it another identifier if it is there already.
  mutating func insert(_ token: Span<UInt8>, _ identifier: Int) {
    if (identifiers.count + 1) * 2 > slots.count { grow() }
    let slot = find(token)
    let entry: Int
    if slots[slot] == 0 {
      entry = identifiers.count
      storage.append(token, 0..<token.count)
      starts.append(Int32(storage.count))
      identifiers.append(Int32(identifier))
      slots[slot] = Int32(entry + 1)
    } else {
      entry = Int(slots[slot] - 1)
      identifiers[entry] = Int32(identifier)
    }
    while entries.count <= identifier { entries.append(-1) }
    entries[identifier] = Int32(entry)
  }

  /// The identifier of `token`, or nil.
  func identifier(of token: Span<UInt8>) -> Int32? {
    let entry = slots[find(token)]
    return entry == 0 ? nil : identifiers[Int(entry - 1)]
  }

  func identifier(of token: String) -> Int32? {
    identifier(of: Array(token.utf8).span)
  }

  /// Appends the token's text; false where there is no such token.
  func append(_ identifier: Int, to output: inout [UInt8]) -> Bool {
    guard entries.indices.contains(identifier), entries[identifier] >= 0 else { return false }
    let entry = Int(entries[identifier])
    output.append(storage.span, Int(starts[entry])..<Int(starts[entry + 1]))
    return true
  }

  /// The token's text, or nil.
  func token(of identifier: Int) -> [UInt8]? {
    var text: [UInt8] = []
    return append(identifier, to: &text) ? text : nil
  }

  /// The length in bytes of the longest token.
  var longest: Int {
    zip(starts, starts.dropFirst()).reduce(0) { max($0, Int($1.1 - $1.0)) }
  }

  /// Where `token` is in `slots`, or the free slot where it would be.
  private func find(_ token: Span<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: byteHash(token, 0..<token.count)) & mask
    while slots[slot] != 0, !isEqual(Int(slots[slot] - 1), token) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func isEqual(_ entry: Int, _ token: Span<UInt8>) -> Bool {
    let start = Int(starts[entry])
    guard Int(starts[entry + 1]) - start == token.count else { return false }
    for index in 0..<token.count where storage[start + index] != token[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for entry in identifiers.indices {
      let range = Int(starts[entry])..<Int(starts[entry + 1])
      var slot = Int(truncatingIfNeeded: byteHash(storage.span, range)) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(entry + 1)
    }
  }
}

/// FNV-1a over 64 bits with its high half folded in, since tables use the low bits.
@inline(__always)
func byteHash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325
  for index in range { value = (value ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
  return value ^ value >> 29 ^ value >> 47
}
