import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct CompressLogitsTests {
    @Test(arguments: TestDevice.all)
    func roundsToNearestEvenAndClamps(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 15, 16, 17, 255, 256, 257, 50_257] {
        var generator = SeededGenerator(seed: UInt64(width))
        var logits = spikyLogits(rows: 3, width: width, using: &generator)
        if width > 16 { logits[3...6] = [-1e30, -65_600, 1e-6, 1e-8] }
        let buffer = try device.buffer(logits)
        var compressed = try device.buffer([UInt16](repeating: 0x7e00, count: 5 * width))
        try device.compressLogits(buffer, rows: 3, width: width, into: &compressed, firstRow: 1)
        let found = try device.download(compressed)
        let expected = (0..<3).flatMap { row in
          let z = logits[(row * width)..<((row + 1) * width)]
          let largest = z.max() ?? 0
          return z.map { Float16(max($0 - largest, -65504)).bitPattern }
        }
        #expect(Array(found[width..<(4 * width)]) == expected, "width \(width)")
        #expect(found[..<width].allSatisfy { $0 == 0x7e00 })
        #expect(found[(4 * width)...].allSatisfy { $0 == 0x7e00 })
      }
    }
  }
}
