internal import Compute
internal import Transformer

/// The counter of a random number: answer and token index. The number depends on these and the seed
/// alone, not on the rest of the batch.
struct Draw {
  let answer: Int
  let token: Int

  /// Index of the number in the seed's sequence.
  var index: UInt64 { UInt64(answer) << 32 | UInt64(token) }
}

/// Takes the next token of each answer from the states of their last rows.
final class TokenSampler {
  private let decoder: Decoder
  private let options: GenerationOptions
  private let numbers: UniformNumbers
  /// [capacity, V]; probabilities after softmax where tokens are sampled.
  private var logits: DeviceBuffer<Float>
  private var chosen: DeviceBuffer<Int32>
  private var uniforms: DeviceBuffer<Float>

  init(
    _ decoder: Decoder, capacity: Int, options: GenerationOptions
  ) throws(ComputeError) {
    self.decoder = decoder
    self.options = options
    numbers = UniformNumbers(seed: options.seed)
    let device = decoder.device
    logits = try device.buffer(count: capacity * decoder.configuration.vocabularySize)
    chosen = try device.buffer(count: capacity)
    uniforms = try device.buffer(count: capacity)
  }

  /// The next tokens, one for each draw; `states` is [draws, E]. Waits for the device.
  func next(
    _ states: borrowing DeviceBuffer<Float>, draws: [Draw]
  ) throws(ComputeError) -> [Int] {
    let (device, size) = (decoder.device, decoder.configuration.vocabularySize)
    try decoder.logits(of: states, count: draws.count, into: &logits)
    if options.temperature > 0 {
      try device.upload(draws.map { numbers[$0.index] }, into: &uniforms)
      try device.softmax(
        &logits, rows: draws.count, width: size, temperature: options.temperature)
      try device.sample(
        logits, uniforms: uniforms, rows: draws.count, width: size, into: &chosen)
    } else {
      try device.argmax(logits, rows: draws.count, width: size, into: &chosen)
    }
    return try device.download(chosen, count: draws.count).map(Int.init)
  }
}
