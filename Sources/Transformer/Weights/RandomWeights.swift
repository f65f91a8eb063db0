package import Compute

/// Seeded random weights of a configuration's shape, for benchmarks that need no model folder. Matrices are scaled by their
/// inputs, so that activations keep their size through the layers.
struct RandomWeights: WeightSource {
  let device: Device
  let precision: WeightPrecision
  let hasProjectionBias: Bool
  private let generator: Generator

  /// Shared by the copies of this value: each matrix takes the next numbers.
  private final class Generator {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    /// `count` numbers spread evenly with this standard deviation (xorshift64*, Vigna 2016).
    func floats(_ count: Int, deviation: Float) -> [Float] {
      let scale = deviation * Float(3).squareRoot() / Float(1 << 23)
      return unsafe [Float](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count {
          state ^= state >> 12
          state ^= state << 25
          state ^= state >> 27
          let bits = Int32(truncatingIfNeeded: (state &* 0x2545_F491_4F6C_DD1D) >> 40)
          unsafe target[index] = Float(bits - (1 << 23)) * scale
        }
        initialized = count
      }
    }
  }

  init(_ device: Device, precision: WeightPrecision, hasProjectionBias: Bool, seed: UInt64) {
    self.device = device
    self.precision = precision
    self.hasProjectionBias = hasProjectionBias
    generator = Generator(seed: seed | 1)
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
      try WeightMatrix(
        device, rows: rows, columns: columns, precision: precision, bias: bias
      ) { generator.floats($0.count * columns, deviation: deviation) }
    }
  }
}

extension Decoder {
  /// A decoder of Llama's architecture with random weights. `hasProjectionBias` gives query, key and value biases, as Qwen2 has.
  package static func random(
    _ configuration: DecoderConfiguration, on device: Device, precision: WeightPrecision,
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
