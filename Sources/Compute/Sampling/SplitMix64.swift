import Foundation

/// A generator of pseudo-random numbers with the same sequence on every machine and in every
/// version of Swift (SplitMix64: Steele, Lea and Flood 2014). All random numbers of a run come from
/// it, so that the seed repeats them.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The sequence of a seed.
  package init(seed: UInt64) {
    state = seed
  }

  /// A separate sequence for every pair of seed and stream, so that the numbers of one purpose do
  /// not change when another draws more.
  package init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ (stream &* 0xD1B5_4A32_D192_ED03)
  }

  /// 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Number `index` of the sequence of a seed, counted from 0.
  package static func number(_ index: UInt64, seed: UInt64) -> UInt64 {
    mixed(seed &+ (index &+ 1) &* increment)
  }

  private static func mixed(_ state: UInt64) -> UInt64 {
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }

  /// A number of 0 ..< `bound`, each as likely as the others (Lemire 2019, arXiv:1805.10941).
  package mutating func number(below bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A number of 0 ..< 1.
  package mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// `count` uniform numbers in [-`bound`, `bound`), with 24 bits.
  package mutating func symmetric(_ count: Int, bound: Float = 1) -> [Float] {
    (0..<count).map { _ in
      Float(Int32(truncatingIfNeeded: next() >> 40) - (1 << 23)) * 0x1p-23 * bound
    }
  }

  /// A number of the standard normal distribution (Box and Muller 1958).
  package mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  /// The numbers 0 ..< `count` in random order (Fisher and Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, number(below: last + 1))
    }
    return order
  }

  /// `count` different numbers of 0 ..< `bound`, in ascending order (Floyd's algorithm: Bentley
  /// and Floyd 1987).
  package mutating func subset(of bound: Int, count: Int) -> [Int] {
    var chosen: Set<Int> = []
    for last in (bound - count)..<bound {
      let candidate = number(below: last + 1)
      if !chosen.insert(candidate).inserted { chosen.insert(last) }
    }
    return chosen.sorted()
  }
}
