import Compute
import Foundation
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SoftCapTests {
    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 15, 16, 17, 255, 256, 257, 4097] {
        var generator = SeededGenerator(seed: UInt64(width))
        let logits = generator.floats(2 * width, in: -90...90)
        var capped = try Canary(device, count: logits.count, values: logits)
        try device.softCap(&capped.buffer, rows: 2, width: width, cap: 30)
        let reference = logits.map { 30 * tanh(Double($0) / 30) }
        #expect(
          relativeError(try #require(try capped.result(device)), reference)
            < Tolerance.rowArithmetic.rawValue, "width \(width)")
      }
    }
  }
}
