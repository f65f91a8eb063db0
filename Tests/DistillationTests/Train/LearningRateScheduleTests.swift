import Distillation
import Testing

/// The learning rates of transformers' schedules of the same names for a peak of 0.2, 3 steps of
/// warm-up and 10 steps in all.
@Suite struct LearningRateScheduleTests {
  private func rates(_ kind: LearningRateSchedule.Kind, warmup: Int = 3) -> [Float] {
    let schedule = LearningRateSchedule(kind, peak: 0.2, warmupSteps: warmup, totalSteps: 10)
    return (1...10).map(schedule.rate)
  }

  private func expectClose(_ found: [Float], _ expected: [Float]) {
    for (rate, reference) in zip(found, expected) { #expect(abs(rate - reference) < 1e-7) }
  }

  @Test func constant() {
    expectClose(rates(.constant), [0, 0.2 / 3, 0.4 / 3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])
  }

  @Test func linear() {
    expectClose(
      rates(.linear),
      [
        0, 0.066666667, 0.133333333, 0.2, 0.171428571, 0.142857143, 0.114285714, 0.085714286,
        0.057142857, 0.028571429,
      ])
  }

  @Test func cosine() {
    expectClose(
      rates(.cosine),
      [
        0, 0.066666667, 0.133333333, 0.2, 0.190096887, 0.162348980, 0.122252093, 0.077747907,
        0.037651020, 0.009903113,
      ])
  }

  @Test func withoutWarmupTheFirstStepHasTheWholeRate() {
    #expect(rates(.cosine, warmup: 0).first == 0.2)
    #expect(rates(.linear, warmup: 0).first == 0.2)
    #expect(rates(.constant, warmup: 0).first == 0.2)
  }
}
