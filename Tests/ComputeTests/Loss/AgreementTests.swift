import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct AgreementTests {
    @Test(arguments: TestDevice.all)
    func countsTheLowestOfEqualLogits(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 15, 16, 17, 255, 256, 257, 4096] {
        let last = width - 1
        let middle = width / 2
        var logits = [Float](repeating: -1, count: 3 * width)
        logits[middle] = 5  // row 0: one largest
        logits[width] = 2  // row 1: two that are equal
        logits[width + last] = 2
        logits[2 * width + last] = 0.5  // row 2: the last
        let chosen: [Int32] = [Int32(last), Int32(middle), 0, Int32(middle)]
        let buffer = try device.buffer(logits)
        let chosenTokens = try device.buffer(chosen)
        for (rowIndices, expected): ([Int32], [Float]) in [
          ([1, 2, 0], [1, 1, 1]),
          ([3, 0, 2], [1, last == 0 ? 1 : 0, last == 0 ? 1 : 0]),
          ([0, 1, 1], [middle == last ? 1 : 0, middle == 0 ? 1 : 0, middle == last ? 1 : 0]),
        ] {
          var agreements = try Canary(device, count: 4)
          try device.agreement(
            buffer, with: chosenTokens, at: try device.rowIndices([0] + rowIndices), rows: 3,
            width: width,
            firstIndex: 1, firstRow: 1, into: &agreements.buffer)
          let found = try #require(try agreements.result(device))
          #expect(Array(found[1...]) == expected, "width \(width)")
        }
      }
    }
  }
}
