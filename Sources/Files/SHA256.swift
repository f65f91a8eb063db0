import CHashing
import Foundation

/// SHA-256 (FIPS 180-4), fed in pieces of any size.
///
///     var hash = SHA256()
///     hash.update(bytes.span)
///     let digest = hash.finish()
///
/// It names models and checks downloads; a whole cryptography library for one function would cost
/// more to build than everything else here.
package struct SHA256: Sendable {
  /// The eight words of the hash so far; at the beginning the fractional parts of the square roots
  /// of the first eight primes.
  private var state: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  /// Bytes that do not fill a block of 64 yet.
  private var rest: [UInt8] = []
  private var byteCount: UInt64 = 0
  /// Whether the processor's own instructions hash, which are several times as fast.
  var usesInstructions = Self.hasInstructions

  private static let hasInstructions = sha256_is_accelerated()

  /// A hash of nothing yet.
  package init() {}

  /// Takes in more bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    byteCount += UInt64(bytes.count)
    var position = 0
    if !rest.isEmpty {
      position = min(64 - rest.count, bytes.count)
      for index in 0..<position { rest.append(bytes[index]) }
      if rest.count == 64 {
        let block = rest
        compress(block.span, from: 0, blocks: 1)
        rest.removeAll(keepingCapacity: true)
      }
    }
    let blocks = (bytes.count - position) / 64
    compress(bytes, from: position, blocks: blocks)
    position += 64 * blocks
    while position < bytes.count {
      rest.append(bytes[position])
      position += 1
    }
  }

  /// Takes in more bytes.
  package mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe update($0.assumingMemoryBound(to: UInt8.self).span) }
  }

  /// The 32 bytes of the digest. The value must not be used any more.
  package mutating func finish() -> [UInt8] {
    let bitCount = byteCount * 8
    let zeros = (119 - Int(byteCount % 64)) % 64
    var padding: [UInt8] = [0x80] + [UInt8](repeating: 0, count: zeros)
    padding += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * $0)) }
    update(padding.span)
    return state.indices.flatMap { index in
      (0..<4).map { UInt8(truncatingIfNeeded: state[index] >> (24 - 8 * $0)) }
    }
  }

  /// The digest of `bytes` in 64 lower-case hexadecimal digits.
  package static func hexadecimal(of bytes: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    let bytes = Array(bytes)
    hash.update(bytes.span)
    return hexadecimal(hash.finish())
  }

  /// Bytes in lower-case hexadecimal digits.
  package static func hexadecimal(_ digest: [UInt8]) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private mutating func compress(_ bytes: Span<UInt8>, from start: Int, blocks: Int) {
    guard usesInstructions else {
      for block in 0..<blocks { compress(bytes, from: start + 64 * block) }
      return
    }
    var words = state.mutableSpan
    unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        guard blocks > 0, let words = words.baseAddress, let source = bytes.baseAddress else {
          return
        }
        unsafe sha256_blocks(words, source + start, blocks)
      }
    }
  }

  /// Section 6.2.2: the schedule, of which sixteen words are alive at a time, and 64 rounds.
  private mutating func compress(_ bytes: Span<UInt8>, from start: Int) {
    var schedule = InlineArray<16, UInt32> { index in
      let base = start + 4 * index
      return UInt32(bytes[base]) << 24 | UInt32(bytes[base + 1]) << 16
        | UInt32(bytes[base + 2]) << 8 | UInt32(bytes[base + 3])
    }
    let constants = Self.constants.span
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for round in 0..<64 {
      if round >= 16 {
        let (early, late) = (schedule[(round + 1) & 15], schedule[(round + 14) & 15])
        let sigma0 = early.rotatedRight(7) ^ early.rotatedRight(18) ^ early >> 3
        let sigma1 = late.rotatedRight(17) ^ late.rotatedRight(19) ^ late >> 10
        schedule[round & 15] &+= sigma0 &+ schedule[(round + 9) & 15] &+ sigma1
      }
      let sum1 = e.rotatedRight(6) ^ e.rotatedRight(11) ^ e.rotatedRight(25)
      let choice = (e & f) ^ (~e & g)
      let first = h &+ sum1 &+ choice &+ constants[round] &+ schedule[round & 15]
      let sum0 = a.rotatedRight(2) ^ a.rotatedRight(13) ^ a.rotatedRight(22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ sum0 &+ majority)
    }
    let words: InlineArray<8, UInt32> = [a, b, c, d, e, f, g, h]
    for index in state.indices { state[index] &+= words[index] }
  }

  /// The fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

extension UInt32 {
  @inline(__always)
  fileprivate func rotatedRight(_ count: UInt32) -> UInt32 {
    self &>> count | self &<< (32 &- count)
  }
}
