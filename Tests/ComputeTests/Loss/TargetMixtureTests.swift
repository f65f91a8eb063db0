import Compute
import Foundation
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct TargetMixtureTests {
    @Test(arguments: TestDevice.all)
    func logitsBecomeThoseOfTheMixture(on name: TestDevice) throws {
      let device = try name.open()
      for width in CrossEntropyTests.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = CrossEntropyWorkload(
          rows: width > 3000 ? 1 : 3, width: width, using: &generator)
        for (share, temperature) in [(0.25, 1), (0.001, 2), (0.9, 0.5)] as [(Float, Float)] {
          var logits = try Canary(device, count: workload.logits.count, values: workload.logits)
          try device.targetMixture(
            &logits.buffer, with: device.buffer(workload.targets),
            at: device.rowIndices([0] + workload.rowIndices), rows: workload.rows, width: width,
            firstIndex: 1, share: share, temperature: temperature)
          let found = try #require(try logits.result(device))
          let probabilities = (0..<workload.rows).flatMap { row -> [Double] in
            let scaled = found[(row * width)..<((row + 1) * width)].map {
              Double($0) / Double(temperature)
            }
            let sum = logSumExp(scaled)
            return scaled.map { exp($0 - sum) }
          }
          let error = relativeError(
            probabilities.map(Float.init),
            workload.mixture(share: Double(share), temperature: temperature))
          #expect(error < Tolerance.transcendental.rawValue, "width \(width), share \(share)")
        }
      }
    }
  }
}
