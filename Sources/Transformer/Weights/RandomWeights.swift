package import Compute
import Weights

/// Seeded random weights, for benchmarks without a model folder. Matrices are scaled by their
/// number of inputs, so that activations keep their size through the layers.
struct RandomWeights: WeightSource {
  let device: Device
  let precision: WeightFormat
  let hasProjectionBias: Bool
  private let generator: Generator

  /// Shared by copies of this value: each matrix takes the next numbers.
  private final class Generator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// `count` uniform numbers with this standard deviation.
    func floats(_ count: Int, deviation: Float) -> [Float] {
      random.symmetric(count, bound: deviation * Float(3).squareRoot())
    }

    /// `count` random elements of a format with this standard deviation.
    func blocks(_ count: Int, deviation: Float, _ format: WeightFormat) -> [UInt8] {
      format.randomBlocks(count, deviation: deviation) { random.next() }
    }
  }

  init(_ device: Device, precision: WeightFormat, hasProjectionBias: Bool, seed: UInt64) {
    self.device = device
    self.precision = precision
    self.hasProjectionBias = hasProjectionBias
    generator = Generator(seed: seed)
  }

  func matrix(_ parts: [TensorRows], inputs: Int) throws(TransformerError) -> WeightMatrix {
    let rows = parts.reduce(0) { $0 + $1.outputs }
    let isBiased = hasProjectionBias && parts.contains { $0.name.hasBias }
    let bias = isBiased ? generator.floats(rows, deviation: 0.02) : nil
    return try matrix(rows: rows, columns: inputs, deviation: 1 / Float(inputs).squareRoot(), bias)
  }

  func table(
    _ name: String, rows: Int, columns: Int
  ) throws(TransformerError) -> WeightMatrix {
    try matrix(rows: rows, columns: columns, deviation: 0.05, nil)
  }

  func vector(_ name: String, count: Int) throws(TransformerError) -> [Float] {
    [Float](repeating: 1, count: count)
  }

  func floats(_ name: String, rows: Int, columns: Int) throws(TransformerError) -> [Float] {
    generator.floats(rows * columns, deviation: 0.02)
  }

  private func matrix(
    rows: Int, columns: Int, deviation: Float, _ bias: [Float]?
  ) throws(TransformerError) -> WeightMatrix {
    try computing { () throws(ComputeError) in
      guard precision.isEncodable else {
        let blocks = generator.blocks(rows * columns, deviation: deviation, precision)
        return try WeightMatrix(
          device, columns: columns, precision: nil,
          pieces: [WeightPiece(blocks, rows: rows, precision: precision)], bias: bias)
      }
      return try WeightMatrix(
        device, rows: rows, columns: columns, precision: precision, bias: bias
      ) { generator.floats($0.count * columns, deviation: deviation) }
    }
  }
}

extension Decoder {
  /// A decoder of Llama's architecture with random weights. With `hasProjectionBias` it has query,
  /// key and value biases, as in Qwen2.
  ///
  /// - Throws: allocation and driver errors.
  package static func random(
    _ configuration: DecoderConfiguration, on device: Device, precision: WeightFormat,
    hasProjectionBias: Bool, seed: UInt64
  ) throws(TransformerError) -> Decoder {
    let tensors = DecoderFamily.llamaTensors(
      projectionBias: hasProjectionBias, outputBias: false, feedForwardBias: false)
    return try assemble(
      device, configuration: configuration, tensors: tensors,
      source: RandomWeights(
        device, precision: precision, hasProjectionBias: hasProjectionBias, seed: seed))
  }
}
