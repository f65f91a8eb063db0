import ArgumentParser
import Arguments
import Compute

/// How the tokens of an answer are chosen.
struct SamplingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "0 takes the most likely token; above, tokens are drawn. (default: 0.0)", valueName: "t"),
    transform: Float.argument)
  var temperature: Float = 0

  @Option(help: ArgumentHelp("Seed of sampling.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    if !Temperature.isSampling(temperature) {
      throw ValidationError(
        "--temperature: expected \(Temperature.expectedSampling), found \(temperature)")
    }
  }
}
