/// Counter-based uniform random numbers: number i of a seed is the same on every machine and in
/// every order of access, so a run resumes from the index alone (``SplitMix64``).
package struct UniformNumbers: Sendable {
  private let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// Number `index` of the sequence, in [0, 1), with 24 bits.
  package subscript(index: UInt64) -> Float {
    Float(SplitMix64.number(index, seed: seed) >> 40) * 0x1p-24
  }
}
