import Testing

@testable import Distillation

/// A KL is 0 or more, whatever rounding says.
@Suite struct MeanDivergenceTests {
  @Test func roundingBelowZeroIsZero() {
    #expect([-3e-6].meanDivergence(tokens: 1) == 0)
    #expect([-8e-3, 2e-3].meanDivergence(tokens: 100) == 0)
    // Rounding of either sign cancels before that.
    #expect([-3e-6, 4e-6].meanDivergence(tokens: 2) == (-3e-6 + 4e-6) / 2)
    #expect([0.5, 0.25].meanDivergence(tokens: 3) == 0.25)
    #expect([0.0].meanDivergence(tokens: 1).sign == .plus)
  }

  @Test func whatIsNoRoundingStays() {
    #expect([-0.5].meanDivergence(tokens: 1) == -0.5)
    #expect([-Double.infinity].meanDivergence(tokens: 1) == -.infinity)
    #expect([Double.nan].meanDivergence(tokens: 1).isNaN)
  }
}
