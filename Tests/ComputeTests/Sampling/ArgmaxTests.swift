import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct ArgmaxTests {
    /// The indices that a device finds; -1 marks elements that must not be written.
    static func indices(_ x: [Float], rows: Int, width: Int, on device: Device) throws -> [Int32] {
      let values = try device.buffer(x)
      var indices = try device.buffer([Int32](repeating: -1, count: rows + 8))
      try device.argmax(values, rows: rows, width: width, into: &indices)
      let found = try device.download(indices)
      #expect(found[rows...].allSatisfy { $0 == -1 })
      return Array(found[..<rows])
    }

    @Test(arguments: TestDevice.all)
    func findsTheLargest(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 15, 16, 17, 255, 256, 257, 151_936] {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = VocabularyWorkload(rows: 3, width: width, using: &generator)
        let found = try Self.indices(workload.logits, rows: 3, width: width, on: device)
        #expect(found == workload.argmax(), "width \(width)")
      }
    }

    @Test(arguments: TestDevice.all)
    func takesTheLowestOfEquals(on name: TestDevice) throws {
      let device = try name.open()
      let width = 1000
      var x = [Float](repeating: -1, count: 5 * width)
      for index in [999, 700, 300] { x[index] = 2 }
      for index in [15, 271] { x[width + index] = 0 }
      for index in 0..<width { x[2 * width + index] = -.infinity }
      for index in 0..<width { x[3 * width + index] = .nan }
      x[4 * width] = .nan
      x[4 * width + 31] = 1
      let found = try Self.indices(x, rows: 5, width: width, on: device)
      #expect(found == [300, 15, 0, 0, 31])
    }
  }
}
