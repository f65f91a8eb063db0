import TestSupport
import Testing
import Weights

@testable import Compute

/// Every 16-bit number as a weight.
extension DeviceTests.MatmulTests {
  /// Multiplication by 1 returns every 16-bit number unchanged, including subnormal numbers,
  /// infinities and NaN.
  @Test(arguments: TestDevice.all, [4, 5])
  func everyHalfIsWidenedExactly(on name: TestDevice, inputs: Int) throws {
    let device = try name.open()
    if case .gpu(let gpu) = device.engine { gpu.usesMatmulLibrary = false }
    try Self.expectHalves(on: device, inputs: inputs)
  }

  /// K of one vector loop and more, and one below the smallest of few rows.
  @Test(arguments: CPUVariant.supported, [130, 5])
  func everyHalfIsWidenedExactlyByTheCPU(variant: CPUVariant, inputs: Int) throws {
    try Self.expectHalves(on: try Device(cpuThreads: 2, variant: variant), inputs: inputs)
  }

  static func expectHalves(
    on device: Device, inputs: Int, infinityBecomesNaN: Bool = false
  ) throws {
    let numbers = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }
    var values = [Float](repeating: 0, count: numbers.count * inputs)
    for (row, number) in numbers.enumerated() { values[row * inputs + row % inputs] = number }
    let weight = try WeightMatrix(
      device, rows: numbers.count, columns: inputs, precision: .f16, values: values)
    let x = try device.buffer([Float](repeating: 1, count: inputs))
    var y = try device.buffer(of: Float.self, count: numbers.count)
    try device.matmul(x, weight, rows: 1, into: &y)
    let found = try device.download(y)
    let expected = numbers.map { infinityBecomesNaN && $0.isInfinite ? .nan : $0 }
    #expect(
      zip(found, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
  }
}
