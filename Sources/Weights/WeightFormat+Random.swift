extension WeightFormat {
  /// Whole blocks of random elements with about this standard deviation and mean 0: for tests and
  /// benchmarks of formats that are only read. Scales differ from block to block.
  ///
  /// - Parameters:
  ///   - count: the number of elements.
  ///   - deviation: their standard deviation.
  ///   - bits: random bits.
  package func randomBlocks(
    _ count: Int, deviation: Float, bits: () -> UInt64
  ) -> [UInt8] {
    precondition(isBlocked, "plain elements have no blocks")
    var bytes = [UInt8](repeating: 0, count: byteCount(count))
    for index in stride(from: 0, to: bytes.count, by: 8) {
      let word = bits()
      for offset in 0..<min(8, bytes.count - index) {
        bytes[index + offset] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(offset)))
      }
    }
    let (steps, minimum) = uniformSteps
    for block in stride(from: 0, to: bytes.count, by: blockBytes) {
      let factor = 0.5 + Float(bits() >> 40) * 0x1p-24
      let scale = factor * deviation / steps
      let offset = self == .q6K ? block + 208 : block
      store(Float16(scale), at: offset, in: &bytes)
      if let minimum { store(Float16(scale * minimum), at: block + 2, in: &bytes) }
    }
    return bytes
  }

  /// Of a block with uniform random bytes and scale 1: the standard deviation of its elements, and
  /// the minimum that makes their mean 0.
  private var uniformSteps: (Float, minimum: Float?) {
    switch self {
    case .q40: (4.6, nil)
    case .q41: (4.6, -7.5)
    case .q50: (9.2, nil)
    case .q51: (9.2, -15.5)
    case .q4K: (258, 7.5)
    case .q5K: (527, 15.5)
    case .q6K: (1366, nil)
    default: (74, nil)
    }
  }

  private func store(_ number: Float16, at offset: Int, in bytes: inout [UInt8]) {
    bytes[offset] = UInt8(truncatingIfNeeded: number.bitPattern)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: number.bitPattern >> 8)
  }
}
