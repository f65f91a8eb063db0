import TestSupport
import Testing
import Weights

@testable import Compute

/// Large tiles and split-K, as GPUs of many compute units choose them.
extension DeviceTests.MatmulTests {
  /// Large tiles with split-K and vector loads of every weight type, as on a GPU with 32 compute
  /// units.
  @Test(
    .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
    arguments: [WeightFormat.f32, .bf16, .f16])
  func largeTilesInSharesMatch(precision: WeightFormat) throws {
    let device = try TestDevice.openclGPUVariant.open()
    guard case .gpu(let gpu) = device.engine else { return }
    gpu.computeUnits = 32
    let (rows, outputs, inputs) = (130, 520, 1100)
    for (width, inner) in [(outputs, inputs), (inputs, outputs)] {
      let tile = MatmulTile.suiting(rows: rows, width: width, inner: inner, on: gpu)
      #expect(tile == MatmulTile(16, 16, parts: 2))
      #expect(tile.splits(rows: rows, width: width, inner: inner, computeUnits: 32).count > 1)
    }
    try Self.expectReference(on: device, precision, shapes: [(rows, outputs, inputs)])
  }

  /// Many splits of K, as on a GPU with 132 compute units.
  @Test(
    .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
    arguments: [(1, 70, 2500), (16, 70, 2500), (67, 70, 2500), (130, 520, 1100)])
  func manySharesOfDepthMatch(rows: Int, outputs: Int, inputs: Int) throws {
    let device = try TestDevice.openclGPUVariant.open()
    guard case .gpu(let gpu) = device.engine else { return }
    gpu.computeUnits = 132
    try Self.expectReference(on: device, .f32, shapes: [(rows, outputs, inputs)])
  }

  @Test func tilesAndSharesFillTheDevice() {
    let few = MatmulTile(4, 64, parts: 1)
    // 4 work-groups of 256 columns, each with 14 splits of 64; 16 rows have splits of 256.
    #expect(few.splits(rows: 1, width: 896, inner: 896, computeUnits: 132).count == 14)
    #expect(few.splits(rows: 16, width: 896, inner: 896, computeUnits: 132).count == 3)
    #expect(few.splits(rows: 1, width: 151_936, inner: 896, computeUnits: 132).count == 1)
    let large = MatmulTile(16, 16, parts: 2)
    #expect(large.splits(rows: 288, width: 896, inner: 896, computeUnits: 132).count == 3)
    // 3 by 38 tiles in 2 splits, 3 by 7 in 3, 3 by 7 in 12.
    #expect(large.fills(132, rows: 288, width: 4864, inner: 896))
    #expect(!large.fills(132, rows: 288, width: 896, inner: 896))
    #expect(large.fills(132, rows: 288, width: 896, inner: 4864))
    #expect(!large.fills(132, rows: 288, width: 4864, inner: 100))
  }
}
