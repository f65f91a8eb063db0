import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SumTests {
    @Test(arguments: TestDevice.all)
    func addsUpInAFixedOrder(on name: TestDevice) throws {
      let device = try name.open()
      for count in [0, 1, 15, 16, 17, 255, 256, 257, 100_000] {
        var generator = SeededGenerator(seed: UInt64(count))
        let values = generator.floats(count, in: 0...1)
        let buffer = try device.buffer(values + [.nan])
        var total = try Canary(device, count: 3)
        try device.sum(buffer, count: count, factor: 0.5, into: &total.buffer, at: 1)
        try device.sum(buffer, count: count, factor: 0.5, into: &total.buffer, at: 2)
        let found = try #require(try total.result(device))
        let reference = values.reduce(0) { $0 + Double($1) } / 2
        #expect(relativeError([found[1]], [reference]) < Tolerance.rowArithmetic.rawValue)
        #expect(found[1] == found[2])
        #expect(found[0].isNaN)
      }
    }
  }
}
