import ArgumentParser
import Arguments
import Distillation

/// What the reports of runs state beside their numbers.
struct PriceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The price of a million tokens that a model reads, in any currency: the report states what calls "
        + "cost with the context and with the learned prompt. (default: what the run was given)",
      valueName: "x"),
    transform: Self.price)
  var price: Price?

  private static func price(_ text: String) throws -> Price {
    guard let number = Double(decimal: text), let price = Price(ofMillion: number) else {
      throw UsageError(description: "expected a number of 0 or more, at most 1e15")
    }
    return price
  }
}

/// The reports of a run.
struct ReportOptions: ParsableArguments {
  @OptionGroup var cost: PriceOption

  @Flag(
    help: ArgumentHelp(
      "Write TensorBoard's event files too, into tensorboard/ of the output folder, under the tags of "
        + "transformers, TRL and PEFT."))
  var tensorboard = false
}
