import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// The sums of partial gradients of keys and values, alone.
  @Suite struct AttentionSumSlotsTests {
    private static let kernel = KernelEntry(
      .attentionSumSlots, "attention_sum_slots", as: Read<Float>.self, Read<Float>.self,
      Write<Float>.self, Write<Float>.self, Offset.self, Offset.self, Int.self, Int.self)

    /// Elements of one work-group but for one, its elements, and one more, from the first and from
    /// another on. What is not summed keeps its contents.
    @Test(
      .enabled(if: TestDevice.all.count > 1, "needs an OpenCL device such as PoCL, or CUDA"),
      arguments: TestDevice.all.filter { $0 != .cpu })
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      guard case .gpu(let gpu) = device.engine else { return }
      let lanes = Lanes(count: gpu.isCPUType ? 1 : 256)
      let kernel = try gpu.kernel(Self.kernel, [lanes.option])
      for (count, first, slots) in [
        (1, 0, 1), (255, 3, 2), (256, 0, 5), (257, 1, 3), (1000, 24, 17), (4, 5, 0),
      ] {
        var generator = SeededGenerator(seed: UInt64(count + slots))
        let stride = first + count + 7
        let keys = generator.floats(max(1, slots * stride))
        let values = generator.floats(max(1, slots * stride))
        let untouched = generator.floats(stride)
        let keyPartial = try device.buffer(keys)
        let valuePartial = try device.buffer(values)
        var keyGradient = try Canary(device, count: stride, values: untouched)
        var valueGradient = try Canary(device, count: stride, values: untouched)
        try kernel.run(
          groups: lanes.option.groups(for: count), lanes: lanes.count, keyPartial.read,
          valuePartial.read, keyGradient.buffer.write, valueGradient.buffer.write, Offset(first),
          Offset(stride), count, slots)
        let summed = first..<(first + count)
        for (found, partial) in [
          (try keyGradient.result(device), keys), (try valueGradient.result(device), values),
        ] {
          let found = try #require(found, "written past the gradients")
          let reference = (0..<stride).map { index in
            summed.contains(index)
              ? (0..<slots).reduce(0.0) { $0 + Double(partial[$1 * stride + index]) }
              : Double(untouched[index])
          }
          #expect(
            relativeError(found, reference) < Tolerance.rowArithmetic.rawValue,
            "\(count) elements in \(slots) slots")
          for index in 0..<stride where !summed.contains(index) {
            #expect(found[index] == untouched[index])
          }
        }
      }
    }
  }
}
