import ArgumentParser
import Compute
import Transformer

/// The shape of a Llama-like model with random weights: a name, or
/// HIDDEN,LAYERS,HEADS,KV,FFN,VOCABULARY.
struct ModelShape {
  let name: String
  let configuration: DecoderConfiguration
  let hasProjectionBias: Bool

  private static let named: [String: (sizes: [Int], isTied: Bool, hasBias: Bool)] = [
    "tiny": ([192, 4, 6, 2, 512, 1536], false, false),
    "llama-15m": ([288, 6, 6, 6, 768, 32000], true, false),
    "smollm2-135m": ([576, 30, 9, 3, 1536, 49152], true, false),
    "qwen2.5-0.5b": ([896, 24, 14, 2, 4864, 151936], true, true),
  ]

  /// The forms of an argument.
  static let forms =
    "\(named.keys.sorted().joined(separator: ", ")) or HIDDEN,LAYERS,HEADS,KV,FFN,VOCABULARY"

  /// Reads an argument.
  ///
  /// - Throws: where it is no name and no six numbers, of which heads divide the hidden size and
  ///   key/value heads the heads.
  init(argument: String) throws {
    if let shape = Self.named[argument] {
      self.init(argument, shape.sizes, isTied: shape.isTied, hasBias: shape.hasBias)
      return
    }
    let sizes = argument.split(separator: ",", omittingEmptySubsequences: false)
      .compactMap { Int($0) }
    guard sizes.count == 6, argument.count(where: { $0 == "," }) == 5,
      sizes.allSatisfy({ $0 > 0 })
    else { throw ValidationError("expected \(Self.forms)") }
    guard sizes[0] % sizes[2] == 0, sizes[2] % sizes[3] == 0 else {
      throw ValidationError("expected HEADS that divide HIDDEN, and KV that divides HEADS")
    }
    self.init(argument, sizes, isTied: true, hasBias: false)
  }

  private init(_ name: String, _ sizes: [Int], isTied: Bool, hasBias: Bool) {
    self.name = name
    hasProjectionBias = hasBias
    let dimension = sizes[0] / sizes[2]
    configuration = DecoderConfiguration(
      family: "llama", hiddenSize: sizes[0], layerCount: sizes[1],
      heads: HeadShape(queryHeads: sizes[2], keyValueHeads: sizes[3], headDimension: dimension),
      feedForwardSize: sizes[4], vocabularySize: sizes[5], maximumPositions: 1 << 20,
      normalization: .rms, normalizationEpsilon: 1e-5,
      position: .rotary(RotaryParameters(base: 10_000, dimension: dimension)),
      feedForward: .gated(.silu), tiesEmbeddings: isTied)
  }
}
