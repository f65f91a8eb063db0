import Compute
import Foundation
import TestSupport
import Weights

/// One operation at one shape: its compulsory bytes and FLOP, and a closure that runs it once.
struct BenchmarkCase {
  /// The shape, in the letters of the README.
  let shape: String
  /// Bytes that must move, each operand once.
  let bytes: Int
  /// Compulsory floating-point operations; 0 if the operation is bound by bandwidth.
  let flop: Int
  let run: () throws -> Void

  init(_ shape: String, bytes: Int, flop: Int = 0, run: @escaping () throws -> Void) {
    self.shape = shape
    self.bytes = bytes
    self.flop = flop
    self.run = run
  }
}

/// The time of an operation on a device: event times of its launches if available, else wall clock.
struct Measurement {
  /// Seconds of each counted run, sorted.
  let seconds: [Double]

  var median: Double { seconds[seconds.count / 2] }
  var fastest: Double { seconds[0] }

  init(_ device: Device, runs: Int = 20, _ body: () throws -> Void) throws {
    var seconds: [Double] = []
    for run in 0..<(runs + 2) {
      try device.synchronize()
      _ = try device.takeTimings()
      let start = ContinuousClock.now
      try body()
      try device.synchronize()
      let wall = Self.seconds(since: start)
      let launches = try device.takeTimings().reduce(0) { $0 + $1.seconds }
      if run >= 2 { seconds.append(launches > 0 ? launches : wall) }
    }
    self.seconds = seconds.sorted()
  }

  static func seconds(since start: ContinuousClock.Instant) -> Double {
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}

/// The measured peak rates of this device.
struct DeviceLimits {
  /// Bytes per second, read and written, of a copy that does not fit in the caches.
  let copyBandwidth: Double
  /// FLOP/s of a large f32 GEMM.
  let matmulRate: Double

  init(_ device: Device) throws {
    let count = 32 << 20
    let source = try device.buffer(of: Float.self, count: count)
    var target = try device.buffer(of: Float.self, count: count)
    let copy = try Measurement(device, runs: 5) {
      try device.copy(source, into: &target, count: count)
    }
    copyBandwidth = Double(2 * count * 4) / copy.fastest
    matmulRate = try Self.matmulRate(device, precision: .f32)
  }

  /// The best rate of a large GEMM with weights of a precision, in FLOP/s. A fast device gets more
  /// rows, until one multiplication takes far longer than its launch.
  static func matmulRate(_ device: Device, precision: WeightFormat) throws -> Double {
    let (outputs, inputs) = (3072, 1024)
    var generator = SeededGenerator(seed: 1)
    let weight = try MatmulWorkload(
      rows: 0, outputs: outputs, inputs: inputs, precision: precision, using: &generator
    ).matrix(on: device, hasBias: false)
    var (rows, best) = (768, 0.0)
    while true {
      let x = try device.buffer([Float](repeating: 0.25, count: rows * inputs))
      var y = try device.buffer(of: Float.self, count: rows * outputs)
      let matmul = try Measurement(device, runs: 8) {
        try device.matmul(x, weight, rows: rows, into: &y)
      }
      best = max(best, Double(2 * rows * outputs * inputs) / matmul.fastest)
      if matmul.fastest > 2e-3 || rows >= 32 * 768 { return best }
      rows *= 4
    }
  }
}
