internal import Compute

/// Examples that training takes beside those of the inputs: continuations of the context, and
/// prompts that have nothing to do with it.
struct Mixture {
  /// Apart from the streams of other purposes, which count from below or are named there.
  private static let stream: UInt64 = 0x4D49_5854_5552_4500

  private let reconstructed: Int
  private let regularizing: Int
  private let seed: UInt64

  /// The number of examples of each kind that gives the shares of the options.
  ///
  /// - Parameter examples: training examples of the inputs.
  init(_ options: TrainingOptions, beside examples: Int) {
    let rest = 1 - options.reconstruct - options.regularize
    func count(_ share: Float) -> Int {
      share == 0 ? 0 : max(1, Int((Double(examples) * Double(share / rest)).rounded()))
    }
    reconstructed = count(options.reconstruct)
    regularizing = count(options.regularize)
    seed = options.seed
  }

  /// How many there are.
  var count: Int { reconstructed + regularizing }

  /// The examples, which follow from the seed.
  ///
  /// - Parameters:
  ///   - spans: the parts of the context to continue.
  ///   - conditioning: the context.
  ///   - length: the most tokens of a continuation.
  func examples(
    _ spans: ContextSpans, _ conditioning: Conditioning, length: Int
  ) throws(DistillationError) -> [InputExample] {
    var random = SplitMix64(seed: seed, stream: Self.stream)
    var examples: [InputExample] = []
    if reconstructed > 0 {
      let source = try Reconstruction(spans, conditioning, length: length)
      for number in 1...reconstructed { examples.append(try source.example(number, &random)) }
    }
    if regularizing > 0 {
      examples += try RegularizationPrompts.examples(
        regularizing, after: spans.parts, conditioning, &random)
    }
    return examples
  }
}

extension Example {
  /// The example with every token after the prompt's first in its response, so that the loss covers
  /// the prompt too.
  var withLossOnPrompt: Example {
    var example = self
    example.prompt = Array(prompt.prefix(1))
    example.response = prompt.dropFirst() + response
    return example
  }
}
