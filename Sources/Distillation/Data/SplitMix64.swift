import Foundation

/// A generator of pseudo-random numbers that gives the same sequence on every machine and with
/// every version of Swift (SplitMix64: Steele, Lea and Flood 2014). Everything random in a run
/// comes from here, the seed of drawn answers too, so that a seed repeats it.
struct SplitMix64 {
  private var state: UInt64

  /// The sequence of a seed.
  init(seed: UInt64) {
    state = seed
  }

  /// A sequence of its own for every seed and, with one seed, for every stream, so that what is
  /// drawn for one purpose does not move when another draws more.
  init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ (stream &* 0xD1B5_4A32_D192_ED03)
  }

  /// 64 random bits.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }

  /// A number of 0 ..< `bound`, each as likely as the others (Lemire 2019, arXiv:1805.10941).
  mutating func number(below bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A number of 0 ..< 1.
  mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number of the standard normal distribution (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  /// The numbers 0 ..< `count` in random order (Fisher and Yates).
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, number(below: last + 1))
    }
    return order
  }

  /// `count` different numbers of 0 ..< `bound`, in ascending order (Floyd's algorithm: Bentley
  /// and Floyd 1987).
  mutating func subset(of bound: Int, count: Int) -> [Int] {
    var chosen: Set<Int> = []
    for last in (bound - count)..<bound {
      let candidate = number(below: last + 1)
      if !chosen.insert(candidate).inserted { chosen.insert(last) }
    }
    return chosen.sorted()
  }
}
