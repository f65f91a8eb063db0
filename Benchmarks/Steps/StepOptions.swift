import ArgumentParser
import Compute
import Distillation
import Transformer
import Weights

/// A synthetic training: random weights, random tokens.
struct StepOptions: ParsableArguments {
  @Option(help: "\(ModelShape.forms).", transform: ModelShape.init(argument:))
  var shape: ModelShape

  @Flag(help: "Give query, key and value biases, as Qwen2 has.")
  var qkvBias = false

  @Option(help: "Examples a batch.") var batch = 4
  @Option(help: "embeddings, or kv for keys and values.")
  var method = TrainingOptions.Method.embeddings
  @Option(help: "Pseudo-tokens; with kv at most the context's.") var tokens = 32
  @Option(help: "Prompt tokens an example.") var prompt = 32
  @Option(help: "Response tokens an example.") var response = 32
  @Option(help: "Context tokens that the teacher reads.") var context = 512
  @Option(help: "logits, hidden or projected.") var teacherCache = TeacherCacheKind.projected
  @Option(help: "Format of the weights; all that are read.") var precision = WeightFormat.f32
  @Option(help: "f32 or bf16: precision of activations and gradients in a step.")
  var activations = ActivationPrecision.f32
  @Option(help: "Counted runs.") var steps = 20

  @OptionGroup var device: DeviceOptions

  func validate() throws {
    for (name, value) in [
      ("batch", batch), ("tokens", tokens), ("prompt", prompt), ("response", response),
      ("context", context), ("steps", steps),
    ] where value < 1 {
      throw ValidationError("--\(name): expected at least 1, found \(value)")
    }
    guard method == .embeddings || tokens <= context else {
      throw ValidationError("--tokens: expected at most the context's \(context), found \(tokens)")
    }
  }

  /// The model on a device.
  func decoder(_ device: Device) throws -> Decoder {
    try Decoder.random(
      shape.configuration, on: device, precision: precision,
      hasProjectionBias: qkvBias || shape.hasProjectionBias, seed: 1)
  }

  /// Token ids below the vocabulary's size, the same on every machine.
  func identifiers(_ count: Int, seed: Int) -> [Int] {
    (0..<count).map { (($0 &+ 1) &* 7919 &+ seed &* 104_729) % shape.configuration.vocabularySize }
  }

  /// `count` examples of the stated lengths.
  func examples(_ count: Int) -> [Example] {
    (0..<count).map { index in
      Example(
        prompt: identifiers(prompt, seed: 2 * index),
        response: identifiers(response, seed: 2 * index + 1))
    }
  }
}

extension TrainingOptions.Method: ExpressibleByArgument {}
extension TeacherCacheKind: ExpressibleByArgument {
  package static var allValueStrings: [String] { ofModels.map(\.rawValue) }

  package init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }
}
extension WeightFormat: ExpressibleByArgument {
  package static var allValueStrings: [String] { allCases.map(\.rawValue) }

  package init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }
}
extension ActivationPrecision: ExpressibleByArgument {}
