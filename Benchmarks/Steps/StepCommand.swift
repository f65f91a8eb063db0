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

  @Flag(help: "Replay steps of equal shapes as CUDA graphs, though no tuning says so.")
  var graphs = false

  func run() throws {
    let device = try options.device.open(isProfiling: false)
    if graphs && !device.isCUDA {
      throw ValidationError("--graphs: needs a CUDA device, found \(device.title)")
    }
    if graphs { device.usesGraphs = true }
    let decoder = try options.decoder(device)
    let examples = options.examples(options.batch)
    let distiller = try options.distiller(decoder, examples)

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
      launches_per_step: counts.launches, graph_launches_per_step: counts.graphLaunches,
      device_copies_per_step: counts.copies,
      host_waits_per_step: counts.hostWaits,
      bytes_copied_per_step: counts.uploadedBytes + counts.downloadedBytes,
      allocations_per_step: Double(allocations) / Double(options.steps),
      device: device.title, precision: options.precision.rawValue, shape: options.shape.name
    )
    .print(asJSON: options.device.json)
  }
}
