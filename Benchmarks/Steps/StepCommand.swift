import ArgumentParser
import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import Transformer

/// Times the training step on random weights.
struct StepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Time one training step on random weights of any shape.")

  @OptionGroup var options: StepOptions

  func run() throws {
    let device = try options.device.open(isProfiling: false)
    let decoder = try options.decoder(device)
    let examples = options.examples(options.batch)
    let (cache, start) = try teacherScores(decoder, examples)
    device.releaseKeptMemory()
    let distiller = try Distiller(
      decoder, teacher: cache, prompt: start, in: Frame(), batchSize: options.batch,
      objective: .forwardKL, optimizer: .adamW(), clipNorm: nil,
      precision: options.activations == .bf16 ? .bf16 : .f32)

    var seconds: [Double] = []
    var counts = device.counts
    var allocations = 0
    for step in 1...(options.steps + 2) {
      let (before, allocationsBefore) = (device.counts, device.allocations)
      let clock = ContinuousClock.now
      try distiller.step(step, examples: Array(examples.indices), learningRate: 1e-3)
      counts = device.counts - before
      try device.synchronize()
      if step > 2 {
        seconds.append(Measurement.seconds(since: clock))
        allocations += device.allocations - allocationsBefore
      }
      if step % Distiller.reportCapacity == 0 { _ = try distiller.takeReports() }
    }
    seconds.sort()
    let work = StepWork(
      configuration: decoder.configuration, prefix: options.tokens,
      computesPrefix: options.method == .embeddings,
      rows: options.batch * (options.prompt + options.response - 1),
      responses: options.batch * options.response, batch: options.batch)
    // Before the limit is measured, which allocates memory.
    let (peakHostBytes, peakDeviceBytes) = (ProcessMemory.peakBytes, device.peakBytes)
    let rate = try DeviceLimits.matmulRate(device, precision: options.precision)
    try StepResult(
      step_seconds_median: seconds[seconds.count / 2],
      tokens_per_second: Double(options.tokens + examples.reduce(0) { $0 + $1.inputs.count })
        / seconds[seconds.count / 2],
      flop_per_step: work.total, matmul_gflops: rate / 1e9,
      share_of_limit: Double(work.total) / rate / seconds[seconds.count / 2],
      peak_host_bytes: peakHostBytes, peak_device_bytes: peakDeviceBytes,
      launches_per_step: counts.launches, device_copies_per_step: counts.copies,
      host_waits_per_step: counts.hostWaits,
      bytes_copied_per_step: counts.uploadedBytes + counts.downloadedBytes,
      allocations_per_step: Double(allocations) / Double(options.steps),
      device: device.title, precision: options.precision.rawValue, shape: options.shape.name
    )
    .print(asJSON: options.device.json)
  }

  /// Reads and scores as `distill` does before its first step, and starts the prompt: embeddings of
  /// tokens, or the first rows of the context's cache.
  private func teacherScores(
    _ decoder: Decoder, _ examples: [Example]
  ) throws -> (TeacherCache, LearnedPrompt) {
    let teacher = try decoder.prefill(
      Prefix(.context(options.identifiers(options.context, seed: 3))),
      capacity: PrefixCapacity(rows: options.batch * (options.prompt + options.response)))
    let start =
      switch options.method {
      case .embeddings:
        LearnedPrompt(
          embeddings: try decoder.device.downloadRows(
            options.identifiers(options.tokens, seed: 5), of: decoder.embedding),
          width: decoder.configuration.hiddenSize)
      case .keysValues: try teacher.keysValues(of: 0..<options.tokens)
      }
    let scores = try TeacherScores.scoring(
      examples, heldOut: [], by: Teacher(teacher), kind: options.teacherCache, temperature: 1)
    return (scores.cache, start)
  }
}
