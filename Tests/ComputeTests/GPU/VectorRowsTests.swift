import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Row kernels that load 16 bytes a work-item and reduce by shuffles, and those that do neither.
  @Suite struct VectorRowsTests {
    /// The devices with lanes of one float.
    private static let devices = TestDevice.all.filter { $0 == .openclGPUVariant || $0 == .cuda }

    /// The lanes of row kernels, and widths around them; 16-byte rows and others.
    private static let lanes = [32, 64, 128, 256]
    private static let widths = [1, 31, 32, 100, 127, 130, 516, 1000]

    /// The order of every sum is the same: so are the bits of all results.
    @Test(arguments: devices, lanes)
    func givesTheBitsOfPlainRows(on name: TestDevice, lanes: Int) throws {
      let device = try name.open()
      guard case .gpu(let gpu) = device.engine else { throw CancellationError() }
      for kernel in ["rms_norm", "layer_norm", "softmax", "sum", "gradient_norm", "residual_add"] {
        gpu.configurations[kernel] = TuningCandidate([KernelOption("LANES", lanes)], items: lanes)
      }
      for kernel in ["swiglu", "activation"] {
        gpu.configurations[kernel] = TuningCandidate(
          [KernelOption("LANES", lanes), KernelOption("SPAN", 512)], items: lanes)
      }
      for width in Self.widths {
        var results: [[UInt32]] = []
        for isVector in [true, false] {
          device.usesVectorRows = isVector
          #expect(device.usesVectorRows == isVector)
          results.append(try Self.results(device, width: width).map { $0.bitPattern })
        }
        #expect(results[0] == results[1], "width \(width)")
      }
    }

    /// What row kernels make of random rows.
    private static func results(_ device: Device, width: Int) throws -> [Float] {
      let rows = 3
      var generator = SeededGenerator(seed: UInt64(width))
      func numbers(_ count: Int) -> [Float] { generator.floats(count, in: -4...4) }
      let count = rows * width
      let x = try device.buffer(numbers(count))
      let gradient = try device.buffer(numbers(count))
      let weight = try device.buffer(numbers(width))
      let bias = try device.buffer(numbers(width))
      var y = try device.buffer(numbers(count))
      var mean = try device.buffer(numbers(rows))
      var scale = try device.buffer(numbers(rows))
      var found: [Float] = []
      try device.rmsNorm(x, weight: weight, epsilon: 1e-5, rows: rows, into: &y, scale: &scale)
      found += try device.download(y) + device.download(scale)
      try device.rmsNormBackward(
        gradient, x: x, weight: weight, scale: scale, rows: rows, accumulating: true, into: &y)
      found += try device.download(y)
      try device.layerNorm(
        x, weight: weight, bias: bias, epsilon: 1e-5, rows: rows, into: &y, mean: &mean,
        scale: &scale)
      found += try device.download(y) + device.download(mean) + device.download(scale)
      try device.layerNormBackward(
        gradient, x: x, weight: weight, mean: mean, scale: scale, rows: rows, accumulating: false,
        into: &y)
      found += try device.download(y)
      try device.softmax(&y, rows: rows, width: width)
      found += try device.download(y)
      try device.sum(y, count: count, into: &mean)
      try device.gradientNorm(x, count: count, norm: &scale, clipFactor: &mean)
      found += try device.download(mean) + device.download(scale)

      var gateUp = try device.buffer(numbers(2 * count))
      try device.swiGLU(gateUp, activation: .silu, rows: rows, width: width, into: &y)
      found += try device.download(y)
      try device.swiGLUBackward(gradient, activation: .gelu, rows: rows, width: width, in: &gateUp)
      found += try device.download(gateUp)
      try device.activate(x, activation: .geluTanh, count: count, into: &y)
      try device.activateBackward(gradient, activation: .silu, count: count, in: &gateUp)
      try device.add(x, to: &y, count: count)
      try device.scale(&y, by: 0.3, count: count)
      return try found + device.download(y) + device.download(gateUp)
    }
  }
}
