import Foundation

/// The result of `pith-bench step` and `pith-bench teacher`; the field names are those of the JSON
/// object.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct StepResult: BenchmarkResult {
  var step_seconds_median: Double
  var tokens_per_second: Double
  var flop_per_step: Int
  /// The best GEMM rate of this device, measured in the same run.
  var matmul_gflops: Double
  /// The time of `flop_per_step` at that rate, over the measured time.
  var share_of_limit: Double
  var peak_host_bytes: Int
  var peak_device_bytes: Int
  /// Kernel launches, launches of graphs of kernels, and copies and fills on the device.
  var launches_per_step: Int
  var graph_launches_per_step: Int
  var device_copies_per_step: Int
  /// Number of times that the host waited for the device within a step.
  var host_waits_per_step: Int
  /// Bytes between host and device: the batch's indices.
  var bytes_copied_per_step: Int
  var allocations_per_step: Double
  var device: String
  var precision: String
  var shape: String

  var rows: [(name: String, value: String)] {
    [
      ("shape", shape), ("precision", precision), ("device", device),
      ("seconds, median", Self.format(step_seconds_median, 4)),
      ("tokens a second", Self.format(tokens_per_second, 0)),
      ("GFLOP", Self.format(Double(flop_per_step) / 1e9, 1)),
      ("GFLOP/s", Self.format(Double(flop_per_step) / 1e9 / step_seconds_median, 1)),
      ("best GEMM here, GFLOP/s", Self.format(matmul_gflops, 1)),
      ("share of that limit", Self.format(share_of_limit * 100, 1) + " %"),
      ("peak memory of the process, MiB", "\(peak_host_bytes >> 20)"),
      ("peak memory of the device, MiB", "\(peak_device_bytes >> 20)"),
      ("kernel launches", "\(launches_per_step)"),
      ("graph launches", "\(graph_launches_per_step)"),
      ("copies and fills on the device", "\(device_copies_per_step)"),
      ("waits of the host", "\(host_waits_per_step)"),
      ("bytes between host and device", "\(bytes_copied_per_step)"),
      ("allocations", Self.format(allocations_per_step, 1)),
    ]
  }

  private static func format(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
