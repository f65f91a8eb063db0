import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct ResidualAddTests {
    @Test(arguments: TestDevice.all)
    func addsElements(on name: TestDevice) throws {
      let device = try name.open()
      for count in [1, 255, 256, 257, 50_000] {
        var generator = SeededGenerator(seed: UInt64(count))
        let (x, y) = (generator.floats(count), generator.floats(count))
        let source = try device.buffer(x)
        var target = try Canary(device, count: count, values: y)
        try device.add(source, to: &target.buffer, count: count)
        #expect(try target.result(device) == zip(x, y).map { $0 + $1 })
      }
    }

    @Test(arguments: TestDevice.all)
    func scalesElements(on name: TestDevice) throws {
      let device = try name.open()
      for count in [1, 255, 256, 257, 50_000] {
        var generator = SeededGenerator(seed: UInt64(count))
        let y = generator.floats(count)
        var target = try Canary(device, count: count, values: y)
        try device.scale(&target.buffer, by: 0.3, count: count)
        #expect(try target.result(device) == y.map { $0 * 0.3 })
      }
    }

    @Test(arguments: TestDevice.all)
    func addsPositionRows(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 17, 256, 257, 768] {
        var generator = SeededGenerator(seed: UInt64(width))
        let table = generator.floats(10 * width)
        let positions: [Int32] = [9, 0, 3, 3, 1]
        let y = generator.floats(positions.count * width)
        let tableBuffer = try device.buffer(table)
        let positionBuffer = try device.rowIndices(positions)
        var target = try Canary(device, count: y.count, values: y)
        try device.addPositionRows(
          tableBuffer, positions: positionBuffer, width: width, rows: positions.count,
          to: &target.buffer)
        let expected = y.enumerated().map { index, y in
          y + table[Int(positions[index / width]) * width + index % width]
        }
        #expect(try target.result(device) == expected)
      }
    }
  }
}
