import Compute
import Testing

@Suite struct UniformNumbersTests {
  /// The first outputs of SplitMix64 from seed 0, as other implementations print them, cut to 24
  /// bits.
  @Test func followsSplitMix64() {
    let numbers = UniformNumbers(seed: 0)
    let known: [UInt64] = [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]
    for (index, output) in known.enumerated() {
      #expect(numbers[UInt64(index)] == Float(output >> 40) / Float(1 << 24))
    }
  }

  @Test func staysBelowOneAndDiffersBySeed() {
    let (some, others) = (UniformNumbers(seed: 1), UniformNumbers(seed: 2))
    let indices = UInt64(0)..<10_000
    #expect(indices.allSatisfy { (0..<1).contains(some[$0]) })
    #expect(indices.count { some[$0] == others[$0] } < 10)
    let mean = indices.reduce(0) { $0 + Double(some[$1]) } / 10_000
    #expect(abs(mean - 0.5) < 0.02)
  }
}
