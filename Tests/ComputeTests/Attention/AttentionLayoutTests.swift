import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct AttentionLayoutTests {
    static let heads = HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 8)

    /// A layout that describes one batch after another gives what a fresh one gives, and a batch
    /// that is no larger than one before allocates nothing.
    @Test(arguments: TestDevice.all)
    func nextBatchTakesThePlaceOfTheLast(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 8)
      let batches = [
        AttentionBatch.training("", prefix: 20, [70, 30, 64]),
        AttentionBatch.training("", prefix: 20, [64, 64, 20]),
        AttentionBatch.training("", prefix: 9, [3]),
      ]
      let workloads = batches.map {
        AttentionWorkload(
          prefixCount: $0.prefixCount, sequences: $0.sequences, heads: Self.heads,
          using: &generator)
      }
      let layout = try AttentionLayout(device, prefixCount: 0, sequences: [])
      for workload in workloads {
        let fresh = try AttentionRun(workload, on: device)
        try layout.update(
          prefixCount: workload.prefixCount, sequences: workload.sequences, window: nil)
        let reused = try AttentionRun(workload, layout: layout, on: device)
        #expect(reused.output == fresh.output)
        #expect(reused.query == fresh.query)
        #expect(reused.key == fresh.key)
        #expect(reused.value == fresh.value)
      }
      let before = device.allocations
      for workload in workloads {
        try layout.update(
          prefixCount: workload.prefixCount, sequences: workload.sequences, window: nil)
        _ = try AttentionRun(workload, layout: layout, on: device)
      }
      #expect(device.allocations == before)
    }

    @Test func refusesWhatIsNoBatch() throws {
      let device = try TestDevice.cpu.open()
      let more = AttentionSequence(
        queryStart: 0, queryCount: 3, keyStart: 4, keyCount: 2, attendsPrefix: false)
      #expect(throws: ComputeError.sequence(index: 0, more)) {
        try AttentionLayout(device, prefixCount: 0, sequences: [more])
      }
      #expect(throws: ComputeError.prefixRows(-1)) {
        try AttentionLayout(device, prefixCount: -1, sequences: [])
      }
      #expect(throws: ComputeError.window(0)) {
        try AttentionLayout(device, prefixCount: 0, sequences: [], window: 0)
      }
    }

    @Test func refusesHeadsThatDoNotDivide() throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 9)
      for (heads, error) in [
        (
          HeadShape(queryHeads: 3, keyValueHeads: 2, headDimension: 4),
          ComputeError.headGroups(operation: "attention", queryHeads: 3, keyValueHeads: 2)
        ),
        (
          HeadShape(queryHeads: 2, keyValueHeads: 2, headDimension: 257),
          .headDimension(operation: "attention", found: 257, limit: 256)
        ),
      ] {
        let workload = AttentionWorkload(
          sequences: AttentionBatch.packed("", [2]).sequences, heads: heads, using: &generator)
        #expect(throws: error) { try AttentionRun(workload, on: device) }
      }
    }

    @Test func refusesGradientsOfSharedKeys() throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 10)
      let first = AttentionSequence(
        queryStart: 0, queryCount: 4, keyStart: 0, keyCount: 4, attendsPrefix: false)
      let second = AttentionSequence(
        queryStart: 4, queryCount: 1, keyStart: 3, keyCount: 4, attendsPrefix: false)
      let workload = AttentionWorkload(
        sequences: [first, second], heads: Self.heads, using: &generator)
      #expect(
        throws: ComputeError.sharedKeys(operation: "attentionBackward")
      ) { try AttentionRun(workload, on: device) }
    }

    @Test func refusesAnOperandThatIsTooSmall() throws {
      let device = try TestDevice.cpu.open()
      let layout = try AttentionLayout(
        device, prefixCount: 0, sequences: AttentionBatch.packed("", [3]).sequences)
      let query = try device.buffer(of: Float.self, count: 3 * 32)
      let key = try device.buffer(of: Float.self, count: 2 * 16)
      var output = try device.buffer(of: Float.self, count: 3 * 32)
      var logSumExp = try device.buffer(of: Float.self, count: 3 * 4)
      #expect(
        throws: ComputeError.shape(
          operation: "attention", operand: "key", expected: Shape(3, 2, 8), found: 32)
      ) {
        try device.attention(
          query: query, key: key, value: key, layout: layout, heads: Self.heads, scale: 1,
          into: &output, logSumExp: &logSumExp)
      }
    }
  }
}
