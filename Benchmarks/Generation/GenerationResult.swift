import Foundation

/// The result of `pith-bench generate`; the field names are those of the JSON object.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct GenerationResult: BenchmarkResult {
  /// Answer tokens per second, including the time of the prompts' prefill.
  var tokens_per_second_batched: Double
  var tokens_per_second_single: Double
  /// Answer tokens per second of processor time, which other work on the machine changes less; with
  /// several threads their waits for each other are part of it.
  var tokens_per_processor_second_batched: Double
  /// Batched over single.
  var ratio: Double
  /// The time of reading the weights, keys and values at the copy's bandwidth, or of the matrix
  /// multiplications at their best rate where that is longer, over the measured time.
  var share_of_limit_batched: Double
  var share_of_limit_single: Double
  var batch: Int
  var copy_gbytes_per_second: Double
  var matmul_gflops: Double
  var peak_host_bytes: Int
  var peak_device_bytes: Int
  var device: String
  var precision: String
  var shape: String

  var rows: [(name: String, value: String)] {
    [
      ("shape", shape), ("precision", precision), ("device", device),
      ("tokens a second, \(batch) at once", Self.format(tokens_per_second_batched)),
      ("tokens a second, one at a time", Self.format(tokens_per_second_single)),
      (
        "tokens a processor second, \(batch) at once",
        Self.format(tokens_per_processor_second_batched)
      ),
      ("ratio", Self.format(ratio)),
      ("share of the limit, \(batch) at once", Self.format(share_of_limit_batched * 100) + " %"),
      ("share of the limit, one at a time", Self.format(share_of_limit_single * 100) + " %"),
      ("copy here, GB/s", Self.format(copy_gbytes_per_second)),
      ("best GEMM here, GFLOP/s", Self.format(matmul_gflops)),
      ("peak memory of the process, MiB", "\(peak_host_bytes >> 20)"),
      ("peak memory of the device, MiB", "\(peak_device_bytes >> 20)"),
    ]
  }

  private static func format(_ value: Double) -> String { String(format: "%.1f", value) }
}
