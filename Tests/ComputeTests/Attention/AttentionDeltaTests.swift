import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// The dot products of output rows of attention with their gradients, alone.
  @Suite struct AttentionDeltaTests {
    private static let kernel = KernelEntry(
      .attentionDelta, "attention_delta", as: Read<Float>.self, Read<Float>.self,
      Write<Float>.self, Int.self, Int.self)

    /// Rows of one work-group but for one, its rows, and one more; dimensions around the 16 lanes
    /// of a row.
    @Test(
      .enabled(if: TestDevice.all.count > 1, "needs an OpenCL device such as PoCL, or CUDA"),
      arguments: TestDevice.all.filter { $0 != .cpu })
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      guard case .gpu(let gpu) = device.engine else { return }
      let lanes = Lanes(count: gpu.isCPUType ? 1 : 256)
      let groupRows = max(1, lanes.count / 16)
      let kernel = try gpu.kernel(Self.kernel, [lanes.option])
      for rows in [1, 15, 16, 17, 100] {
        for width in [1, 15, 16, 17, 64, 128] {
          var generator = SeededGenerator(seed: UInt64(rows * 131 + width))
          let (gradients, outputs) = (
            generator.floats(rows * width), generator.floats(rows * width)
          )
          let outputGradient = try device.buffer(gradients)
          let output = try device.buffer(outputs)
          var delta = try Canary(device, count: rows)
          try kernel.run(
            groups: (rows + groupRows - 1) / groupRows, lanes: lanes.count, outputGradient.read,
            output.read, delta.buffer.write, rows, width)
          let reference = (0..<rows).map { row in
            (0..<width).reduce(0.0) {
              $0 + Double(gradients[row * width + $1]) * Double(outputs[row * width + $1])
            }
          }
          let found = try #require(try delta.result(device), "written past the rows")
          #expect(
            relativeError(found, reference, terms: 1) < Tolerance.rowArithmetic.rawValue,
            "\(rows) rows of \(width)")
        }
      }
    }
  }
}
