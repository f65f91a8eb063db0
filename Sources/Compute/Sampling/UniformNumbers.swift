/// Counter-based uniform random numbers: number i of a seed is the same on every machine and in
/// every order of access, so a run resumes from the index alone (SplitMix64, Steele, Lea and Flood
/// 2014).
package struct UniformNumbers: Sendable {
  private let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// Number `index` of the sequence, in [0, 1), with 24 bits.
  package subscript(index: UInt64) -> Float {
    var z = seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Float(z >> 40) * 0x1p-24
  }
}
