import ArgumentParser
import Compute
import Files
import Foundation

/// Times every operation on a device, next to the device's limits.
struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Time every kernel on a device.")

  @OptionGroup var options: DeviceOptions

  @Option(help: "Only operations whose name contains this.")
  var filter: String?

  func validate() throws {
    guard benchmarks.isEmpty else { return }
    let names = OperationBenchmarks.all.map { $0.name }.joined(separator: ", ")
    throw ValidationError(
      "--filter: expected a part of one of these names: \(names), found '\(filter ?? "")'")
  }

  /// The operations that the filter leaves.
  private var benchmarks: [any OperationBenchmark.Type] {
    OperationBenchmarks.all.filter { benchmark in
      filter.map { benchmark.name.localizedCaseInsensitiveContains($0) } ?? true
    }
  }

  func run() throws {
    let device = try options.open(isProfiling: true)
    let limits = try DeviceLimits(device)
    var results: [KernelResult] = []
    if !options.json {
      try StandardOutput.line("\(device.title)")
      try StandardOutput.line(
        String(
          format: "copy %.1f GB/s, GEMM %.1f GFLOP/s", limits.copyBandwidth / 1e9,
          limits.matmulRate / 1e9))
      try StandardOutput.line(KernelResult.heading)
    }
    for benchmark in benchmarks {
      for item in try benchmark.cases(device) {
        let measured = try Measurement(device, item.run)
        let result = KernelResult(benchmark.name, item, measured, limits)
        results.append(result)
        if !options.json { try StandardOutput.line(result.row) }
      }
    }
    if options.json {
      let report = KernelReport(
        device: device.title, copy_gbytes_per_second: limits.copyBandwidth / 1e9,
        matmul_gflops: limits.matmulRate / 1e9, kernels: results)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      try StandardOutput.line(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
  }
}

/// The output of `pith-bench kernels --json`.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct KernelReport: Encodable {
  var device: String
  var copy_gbytes_per_second: Double
  var matmul_gflops: Double
  var kernels: [KernelResult]
}

/// One operation at one shape, measured.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct KernelResult: Encodable {
  var operation: String
  var shape: String
  var microseconds_median: Double
  var gbytes_per_second: Double
  var share_of_copy: Double
  var gflops: Double
  var share_of_matmul: Double

  init(_ name: String, _ item: BenchmarkCase, _ measured: Measurement, _ limits: DeviceLimits) {
    operation = name
    shape = item.shape
    microseconds_median = measured.median * 1e6
    gbytes_per_second = Double(item.bytes) / measured.median / 1e9
    share_of_copy = Double(item.bytes) / measured.median / limits.copyBandwidth
    gflops = Double(item.flop) / measured.median / 1e9
    share_of_matmul = Double(item.flop) / measured.median / limits.matmulRate
  }

  static let heading =
    column("operation", 25) + column("shape", 45)
    + "  median us      GB/s  of copy   GFLOP/s     of GEMM"

  var row: String {
    Self.column(operation, 25) + Self.column(shape, 45)
      + String(
        format: "%11.1f %9.1f %7.0f%% %9.1f %10.0f%%", microseconds_median, gbytes_per_second,
        share_of_copy * 100, gflops, share_of_matmul * 100)
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
