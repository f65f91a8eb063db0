import Testing

@testable import Distillation

@Suite struct DecimalsTests {
  @Test(arguments: [
    (0, "0.0 s"), (8.44, "8.4 s"), (59.94, "59.9 s"), (59.96, "1:00 min"), (200, "3:20 min"),
    (3599.4, "59:59 min"), (3599.6, "1:00:00 h"), (3723, "1:02:03 h"), (360_000, "100:00:00 h"),
  ])
  func durationsHaveTheirUnit(seconds: Double, text: String) {
    #expect(Decimals.duration(seconds) == text)
  }

  @Test(arguments: [(-1, "0:00"), (42, "0:42"), (725.4, "12:05"), (3723, "1:02:03")])
  func timesAreReadAsClocks(seconds: Double, text: String) {
    #expect(Decimals.clock(seconds) == text)
  }

  @Test func timesThatAreNoneAreShownAsTheyAre() {
    #expect(Decimals.clock(.infinity) == "277777:46:40")
    #expect(Decimals.duration(.infinity) == "inf s" && Decimals.duration(.nan) == "nan s")
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1854, "1,854"), (1_000_000, "1,000,000"), (-1854, "-1,854"),
  ])
  func thousandsAreGrouped(count: Int, text: String) {
    #expect(Decimals.grouped(count) == text)
  }

  @Test(arguments: [
    (512, "512 B"), (8200, "8.2 KB"), (99_600, "100 KB"), (999_600, "1.0 MB"),
    (1_400_000, "1.4 MB"),
  ])
  func sizesAreInTheLargestUnit(count: Int, text: String) {
    #expect(Decimals.bytes(count) == text)
  }

  @Test func fractionsAndDigits() {
    #expect(Decimals.percent(0.975) == "97.5 %")
    #expect(Decimals.text(1.005, 1) == "1.0")
    #expect(Decimals.significant(0.031_26, 3) == "0.0313")
  }
}
