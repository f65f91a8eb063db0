import ArgumentParser
import Compute
import Distillation
import Foundation
import Inference
import Transformer

/// Times the teacher: prefill of the context, scoring of a batch after it, and generation.
struct TeacherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teacher",
    abstract: "Time the teacher's reading of the context on random weights of any shape.")

  @OptionGroup var options: StepOptions

  func run() throws {
    let device = try options.device.open(isProfiling: false)
    let decoder = try options.decoder(device)
    let context = options.identifiers(options.context, seed: 3)
    let examples = options.examples(options.batch)
    var seconds: [Double] = []
    let before = device.counts
    let runs = min(options.steps, 5)
    for run in 0...runs {
      let clock = ContinuousClock.now
      let teacher = try decoder.prefill(
        Prefix(.context(context)),
        capacity: PrefixCapacity(rows: options.batch * (options.prompt + options.response)))
      _ = try teacher.score(examples, kind: options.teacherCache, temperature: 1)
      try device.synchronize()
      if run > 0 { seconds.append(Measurement.seconds(since: clock)) }
    }
    let counts = device.counts - before
    seconds.sort()
    let median = seconds[seconds.count / 2]
    let work = TeacherWork(
      configuration: decoder.configuration, context: options.context,
      rows: options.batch * (options.prompt + options.response - 1),
      responses: options.batch * options.response, kind: options.teacherCache)
    // Before the limit is measured, which allocates memory.
    let (peakHostBytes, peakDeviceBytes) = (ProcessMemory.peakBytes, device.peakBytes)
    let rate = try DeviceLimits.matmulRate(device, precision: options.precision)
    let tokens = options.context + options.batch * (options.prompt + options.response - 1)
    try StepResult(
      step_seconds_median: median, tokens_per_second: Double(tokens) / median,
      flop_per_step: work.total, matmul_gflops: rate / 1e9,
      share_of_limit: Double(work.total) / rate / median,
      peak_host_bytes: peakHostBytes, peak_device_bytes: peakDeviceBytes,
      launches_per_step: counts.launches / (runs + 1), graph_launches_per_step: 0,
      device_copies_per_step: counts.copies / (runs + 1),
      host_waits_per_step: counts.hostWaits / (runs + 1),
      bytes_copied_per_step: (counts.uploadedBytes + counts.downloadedBytes) / (runs + 1),
      allocations_per_step: 0, device: device.title, precision: options.precision.rawValue,
      shape: options.shape.name
    )
    .print(asJSON: options.device.json)
  }
}

/// The compulsory floating-point operations of the teacher.
struct TeacherWork {
  let configuration: DecoderConfiguration
  let context: Int
  let rows: Int
  let responses: Int
  let kind: TeacherCacheKind

  var total: Int {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    let feedForward = 3 * width * configuration.feedForwardSize
    let layer = width * (heads.fusedWidth + heads.queryWidth) + feedForward
    let keyValue = 2 * width * heads.keyValueWidth
    let upper = configuration.layerCount - 1
    let all = context + rows
    let matmuls =
      upper * all * layer + all * keyValue
      + responses * (2 * width * heads.queryWidth + feedForward)
    let pairs = context * context / 2 + rows * context
    let attention = configuration.layerCount * 2 * heads.queryWidth * pairs
    let head = responses * width * configuration.vocabularySize
    let passes =
      switch kind {
      case .hidden, .tokens: 0
      case .logits: 1
      case .projected: 2
      }
    return 2 * (matmuls + attention + passes * head)
  }
}
