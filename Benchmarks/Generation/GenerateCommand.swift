import ArgumentParser
import Compute
import Distillation
import Foundation
import Inference
import Transformer
import Weights

/// Times greedy generation after one shared context: `--batch` prompts at once, and one at a time.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Time answers to many prompts at once and to one at a time, on random weights.",
    discussion: """
      --prompt and --response are the tokens of each prompt and of each answer. The context is read once, before \
      the clock starts; the prompts are read within it.
      """)

  @OptionGroup var options: StepOptions

  func run() throws {
    let device = try options.device.open(isProfiling: false)
    let decoder = try options.decoder(device)
    let prompts = options.examples(options.batch).map(\.prompt)
    let model = try decoder.prefill(
      Prefix(.context(options.identifiers(options.context, seed: 3))),
      capacity: PrefixCapacity(
        rows: options.batch * (options.prompt + options.response), responseRows: options.batch))
    let generation = GenerationOptions(maximumTokens: options.response)

    var (together, apart): ([Double], [Double]) = ([], [])
    var processor: [Double] = []
    let single = Array(prompts.prefix(4))
    // Alternates the two, so that both run under the same conditions; the first round warms up.
    for round in 0...min(options.steps, 5) {
      let before = ProcessTime.seconds
      let batched = try seconds(device) { _ = try model.generate(prompts, options: generation) }
      let used = ProcessTime.seconds - before
      let alone = try seconds(device) {
        for prompt in single { _ = try model.generate([prompt], options: generation) }
      }
      if round == 0 { continue }
      together.append(batched / Double(prompts.count))
      processor.append(used / Double(prompts.count))
      apart.append(alone / Double(single.count))
    }
    together.sort()
    apart.sort()
    processor.sort()
    let (batched, alone) = (together[together.count / 2], apart[apart.count / 2])

    // Before the limits are measured, which allocates memory.
    let (peakHostBytes, peakDeviceBytes) = (ProcessMemory.peakBytes, device.peakBytes)
    let limits = try DeviceLimits(device)
    let rate = try DeviceLimits.matmulRate(device, precision: options.precision)
    func limit(batch: Int) -> Double {
      GenerationWork(
        configuration: decoder.configuration, precision: options.precision, batch: batch,
        context: options.context, prompt: options.prompt, response: options.response
      ).seconds(bandwidth: limits.copyBandwidth, matmulRate: rate)
    }
    let answer = Double(options.response)
    try GenerationResult(
      tokens_per_second_batched: answer / batched, tokens_per_second_single: answer / alone,
      tokens_per_processor_second_batched: answer / processor[processor.count / 2],
      ratio: alone / batched,
      share_of_limit_batched: limit(batch: options.batch) / Double(options.batch) / batched,
      share_of_limit_single: limit(batch: 1) / alone, batch: options.batch,
      copy_gbytes_per_second: limits.copyBandwidth / 1e9, matmul_gflops: rate / 1e9,
      peak_host_bytes: peakHostBytes, peak_device_bytes: peakDeviceBytes,
      device: device.title, precision: options.precision.rawValue, shape: options.shape.name
    )
    .print(asJSON: options.device.json)
  }

  private func seconds(_ device: Device, _ body: () throws -> Void) throws -> Double {
    try device.synchronize()
    let clock = ContinuousClock.now
    try body()
    try device.synchronize()
    return Measurement.seconds(since: clock)
  }
}

/// The bytes and FLOP of generation.
struct GenerationWork {
  let configuration: DecoderConfiguration
  let precision: WeightFormat
  /// Number of answers generated at once.
  let batch: Int
  let context: Int
  let prompt: Int
  let response: Int

  /// Weights that every run of the decoder reads: all matrices, including the head.
  private var parameters: Int {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    let layer =
      width * (heads.fusedWidth + heads.queryWidth) + 3 * width * configuration.feedForwardSize
    return configuration.layerCount * layer + width * configuration.vocabularySize
  }

  /// Seconds of the whole batch on a device that reads at `bandwidth` (bytes per second) and
  /// multiplies at `matmulRate` (FLOP per second), whichever takes longer in each run: the prompts'
  /// run, then one run per token. The context's keys and values are read once per run, those of an
  /// answer by the answer.
  func seconds(bandwidth: Double, matmulRate: Double) -> Double {
    let keyValueBytes = configuration.layerCount * 2 * configuration.heads.keyValueWidth * 4
    func run(rows: Int, own: Int) -> Double {
      let head = configuration.hiddenSize * configuration.vocabularySize
      let pairs = rows * (context + own) * configuration.heads.queryWidth
      // The head reads one row of each answer; the last layer's savings are not counted.
      let flop =
        2 * (rows * (parameters - head) + batch * head)
        + 4 * configuration.layerCount * pairs
      let bytes =
        precision.byteCount(parameters) + (context + batch * own) * keyValueBytes
      return max(Double(flop) / matmulRate, Double(bytes) / bandwidth)
    }
    let decoding = (1..<max(response, 1)).map { run(rows: batch, own: prompt + $0) }
    return run(rows: batch * prompt, own: prompt) + decoding.reduce(0, +)
  }
}
