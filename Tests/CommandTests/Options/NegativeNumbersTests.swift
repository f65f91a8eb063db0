import Arguments
import Testing

@testable import train_gpu

@Suite struct NegativeNumbersTests {
  @Test(arguments: [
    (["--price", "-1"], ["--price=-1"]),
    (
      ["report", "r", "--price", "-.5", "--output", "o"],
      ["report", "r", "--price=-.5", "--output", "o"]
    ),
    (["--ids", "-1,2"], ["--ids=-1,2"]),
    (["--x", "-inf"], ["--x=-inf"]),
    (["--price=2", "-1"], ["--price=2", "-1"]),
    (["--resume", "--quiet", "-v"], ["--resume", "--quiet", "-v"]),
    (["--", "-1"], ["--", "-1"]),
    (["--prompt", "-"], ["--prompt", "-"]),
    (["-1"], ["-1"]),
  ])
  func numbersJoinTheirOption(arguments: [String], joined: [String]) {
    #expect(NegativeNumbers.joined(arguments) == joined)
  }

  @Test(arguments: [
    (["distill", "--steps", "-1"], "--steps: expected 0 or more, found -1"),
    (
      ["distill", "--learning-rate", "-0.5"],
      "--learning-rate: expected a number above 0, found -0.5"
    ),
    (["distill", "--tokens", "-2"], "--tokens: expected 1 or more, found -2"),
  ])
  func theirOwnMessageIsShown(arguments: [String], message: String) throws {
    let workspace = try Workspace()
    try workspace.expectRefusal(Array(arguments.dropFirst()), message)
  }

  @Test func textsThatBeginWithADashAreNoNumbers() throws {
    let result = try Program.run(["generate", "--model", "m", "--prompt", "-x"])
    #expect(result.code == 2 && result.errors.contains("Missing value for '--prompt"))
  }

  @Test(
    arguments: [
      ("0.5", 0.5), ("-2", -2), ("1", 1), ("1e-30", 1e-30), ("0", 0), ("+.5E-1", 0.05),
    ] as [(String, Float)])
  func numbersOfF32AreRead(text: String, value: Float) throws {
    #expect(try Float.argument(text) == value)
  }

  @Test(
    arguments: [
      "0.999999999", "1.00000001", "1e-60", "1e60", "1e400", "x", "", "0x10", "-0x1p-3", "inf",
      "-infinity", "nan", "nan(1)",
    ])
  func othersAreRefused(text: String) {
    #expect(throws: ArgumentError.self) { try Float.argument(text) }
  }

  @Test(arguments: ["x", "", "0x10", "inf", "nan", "1e400", "1e-400", "-0.01e-400"])
  func othersThanNumbersOfF64AreRefused(text: String) {
    #expect(throws: ArgumentError.self) { try Double.argument(text) }
  }
}
