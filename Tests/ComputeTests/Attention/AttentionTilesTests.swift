import TestSupport
import Testing

@testable import Compute

/// Division of attention on GPUs larger than the test devices.
extension DeviceTests.AttentionTests {
  /// As on a GPU with 132 compute units: queries are split if there are few keys, and no other rows
  /// are written.
  @Test(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
  func manySharesOfQueriesMatch() throws {
    let device = try TestDevice.openclGPUVariant.open()
    guard case .gpu(let gpu) = device.engine else { return }
    gpu.computeUnits = 132
    var generator = SeededGenerator(seed: 13)
    let heads = HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 12)
    // Own keys with a gap between them, which nothing is written to.
    let apart = AttentionBatch(
      "own keys apart", prefixCount: 21,
      [0, 1].map { index in
        AttentionSequence(
          queryStart: 64 * index, queryCount: 64, keyStart: 21 + 70 * index, keyCount: 64,
          attendsPrefix: true)
      })
    for batch in AttentionBatch.all + [apart] {
      for scope in [AttentionGradientScope.all, .prefixKeys] {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29, heads: heads,
          using: &generator)
        try check(workload, scope: scope, on: device, "\(batch), \(scope)")
      }
    }
    let batch = AttentionBatch.training("", prefix: 32, [64, 64, 64, 64])
    let workload = AttentionWorkload(
      prefixCount: batch.prefixCount, sequences: batch.sequences, heads: heads,
      using: &generator)
    try check(workload, on: device, "a training step")
    let runs = try (0..<2).map { _ in try AttentionRun(workload, on: device) }
    #expect(runs[0].key == runs[1].key && runs[0].value == runs[1].value)
  }

  /// The candidates of a GPU.
  @Test(
    .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
    arguments: [(64, 8), (32, 16), (32, 32), (16, 16)])
  func everyTileMatches(rows: Int, chunk: Int) throws {
    let device = try TestDevice.openclGPUVariant.open()
    guard case .gpu(let gpu) = device.engine else { return }
    for tunable in [
      Tunable.attentionForward, .attentionQueryGradient, .attentionKeyValueGradient,
    ] {
      gpu.configurations[tunable.name] = AttentionKernel.candidate(tile: rows, chunk: chunk)
    }
    var generator = SeededGenerator(seed: 14)
    let batch = AttentionBatch.training("", prefix: 37, [20, 3, 68])
    let workload = AttentionWorkload(
      prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29,
      heads: HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: 24), using: &generator)
    try check(workload, on: device, "tiles of \(rows) rows, chunks of \(chunk)")
  }

  @Test func keysOfAFewTilesHaveSlots() throws {
    let device = try TestDevice.cpu.open()
    let batch = AttentionBatch.training("", prefix: 32, [64, 64, 64, 64])
    let layout = try AttentionLayout(
      device, prefixCount: batch.prefixCount, sequences: batch.sequences)
    // 4 tiles and 5 of the prefix where nothing is wanted; up to 64 / 10 splits of 7 times 10
    // queries to fill a GPU.
    let few = try layout.keyTable(.init(rows: 64, wanted: 4, leastQueries: 10))
    #expect((few.count, few.slots, few.ownSlots, few.slotRows) == (9, 5, 1, 32))
    let many = try layout.keyTable(.init(rows: 64, wanted: 132, leastQueries: 10))
    #expect((many.count, many.slots, many.ownSlots, many.slotRows) == (40, 16, 6, 288))
    #expect(many.ownRows == [32..<288])
  }
}
