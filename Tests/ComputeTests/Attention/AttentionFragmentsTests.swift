import TestSupport
import Testing

@testable import Compute

private let hasCUDA = TestDevice.all.contains(.cuda)

/// Attention on tensor cores, or on their stand-in, which gives the elements of a fragment to the
/// lanes as PTX does.
extension DeviceTests.AttentionTests {
  private func device() throws -> (device: Device, gpu: GPUEngine)? {
    let device = try TestDevice.cuda.open()
    device.prefersTensorCores = true
    guard case .gpu(let gpu) = device.engine, device.prefersTensorCores else { return nil }
    return (device, gpu)
  }

  /// A fragment, a part of one, several warps for the sums of a row, and the f32 variant for rows
  /// of no whole quads.
  @Test(.enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"))
  func variantsFollowTheHeadDimension() throws {
    guard let (_, gpu) = try device() else { return }
    for (dimension, splits) in [
      (16, [1, 1, 1]), (64, [1, 1, 1]), (128, [1, 1, 2]), (256, [2, 2, 4]),
    ] {
      for (pass, split) in zip(AttentionPass.allCases, splits) {
        for precision in ActivationPrecision.allCases {
          let kernel = AttentionKernel(
            pass, gpu,
            heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: dimension),
            softCap: nil, precision: precision)
          let values = Dictionary(
            uniqueKeysWithValues: kernel.options.map { ($0.name, $0.value) })
          #expect(values["TENSOR_CORES"] == 1 && values["SPLIT"] == split)
          #expect(values["PIECES"] == (precision == .f32 ? 3 : 1))
          #expect(kernel.lanes == 2 * kernel.tile * split && kernel.lanes <= 256)
          let matrices = 2 - (values["IN_TURNS"] ?? 0)
          let planes = matrices * (values["PIECES"] ?? 0) * (values["STREAMED"] ?? 0)
          #expect(planes * (dimension * 2 + 16) + 16 * 64 <= 48 << 10)
        }
      }
    }
    for dimension in [3, 30, 255] {
      let kernel = AttentionKernel(
        .forward, gpu,
        heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: dimension), softCap: nil,
        precision: .bf16)
      #expect(!kernel.options.contains { $0.name == "TENSOR_CORES" } && kernel.lanes == 256)
    }
  }

  /// Rows are copied ahead as far as shared memory suffices for their f32.
  @Test(
    .enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"),
    arguments: [
      (64, .f32, 1, 32), (64, .bf16, 1, 48), (128, .f32, 1, 16), (128, .bf16, 1, 16),
      (136, .f32, 0, 16), (240, .f32, 0, 16), (240, .bf16, 1, 16), (256, .bf16, 0, 32),
    ] as [(Int, ActivationPrecision, Int, Int)])
  func copiesAheadFitSharedMemory(
    dimension: Int, precision: ActivationPrecision, prefetch: Int, streamed: Int
  ) throws {
    for operands in AttentionPass.allCases.map(\.operands) {
      let wanted = AttentionFragments.candidate(
        precision, tile: 64, streamed: 48, keep: 0, split: 1, prefetch: 1)
      let build = try #require(AttentionFragments(wanted, dimension: dimension, operands))
      let values = Dictionary(uniqueKeysWithValues: build.options.map { ($0.name, $0.value) })
      #expect(values["PREFETCH"] == prefetch && values["STREAMED"] == streamed, "\(values)")
      #expect(prefetch == 0 || values["IN_TURNS"] == 0)
      let planes = (values["PIECES"] ?? 0) * (dimension * 2 + 16)
      let rows = (2 - (values["IN_TURNS"] ?? 0)) * streamed
      #expect(rows * (planes + prefetch * 4 * dimension) + 16 * 64 <= 48 << 10)
    }
  }

  @Test(
    .enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"), arguments: 0..<11)
  func everyFragmentTileMatches(index: Int) throws {
    guard let (device, gpu) = try device() else { return }
    for pass in AttentionPass.allCases {
      let tunable = pass.tunable(.f32)
      let candidates = tunable.gpu.filter { $0.needsTensorCores }
      #expect(candidates.count == 11)
      gpu.configurations[tunable.name] = candidates[index]
    }
    var generator = SeededGenerator(seed: 15)
    let batch = AttentionBatch.training("", prefix: 37, [20, 3, 68])
    for dimension in index == 0 ? [24, 136, 256] : [24] {
      let heads = HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: dimension)
      // Of the largest heads shared memory has space for one streamed matrix at a time.
      for pass in AttentionPass.allCases {
        let kernel = AttentionKernel(pass, gpu, heads: heads, softCap: nil, precision: .f32)
        #expect(kernel.options.contains(KernelOption("IN_TURNS", dimension == 256 ? 1 : 0)))
      }
      let workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29, heads: heads,
        using: &generator)
      try check(workload, on: device, "candidate \(index), head dimension \(dimension)")
    }
  }

  /// Rows that are copied ahead are the same rows: with missing columns, more or fewer quads than
  /// lanes, and several warps for a row.
  @Test(
    .enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"),
    arguments: [
      (12, .f32, 1, 16), (24, .bf16, 1, 32), (64, .f32, 2, 16), (128, .bf16, 2, 16),
    ] as [(Int, ActivationPrecision, Int, Int)])
  func copiesAheadHaveTheSameBits(
    dimension: Int, precision: ActivationPrecision, split: Int, streamed: Int
  ) throws {
    guard let (device, gpu) = try device() else { return }
    var generator = SeededGenerator(seed: 18)
    let batch = AttentionBatch.training("", prefix: 37, [20, 3, 68])
    let heads = HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: dimension)
    let workload = AttentionWorkload(
      prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29, heads: heads,
      using: &generator)
    var runs: [AttentionRun] = []
    for prefetch in [0, 1] {
      for pass in AttentionPass.allCases {
        gpu.configurations[pass.tunable(precision).name] = AttentionFragments.candidate(
          precision, tile: 64, streamed: streamed, keep: 0, split: split, prefetch: prefetch)
        let kernel = AttentionKernel(
          pass, gpu, heads: heads, softCap: nil, precision: precision)
        #expect(kernel.options.contains(KernelOption("PREFETCH", prefetch)))
        #expect(kernel.options.contains(KernelOption("STREAMED", streamed)))
      }
      runs.append(try AttentionRun(workload, precision: precision, on: device))
    }
    #expect(runs[0].output == runs[1].output && runs[0].logSumExp == runs[1].logSumExp)
    #expect(runs[0].query == runs[1].query)
    #expect(runs[0].key == runs[1].key && runs[0].value == runs[1].value)
    #expect(!runs[1].output.contains { !$0.isFinite })
  }

  /// Operands rounded to bf16: no result is as exact as with three pieces.
  @Test(
    .enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"), arguments: [12, 96, 256])
  func operandsOfOnePieceAreRounded(dimension: Int) throws {
    guard let (device, _) = try device() else { return }
    var generator = SeededGenerator(seed: 16)
    let batch = AttentionBatch.training("", prefix: 19, [50, 66])
    let workload = AttentionWorkload(
      prefixCount: batch.prefixCount, sequences: batch.sequences,
      heads: HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: dimension), magnitude: 1,
      using: &generator)
    try check(
      workload, precision: .bf16, within: .bfloat16Product, on: device,
      "head dimension \(dimension)")
    let rounded = try AttentionRun(workload, precision: .bf16, on: device)
    #expect(relativeError(rounded.output, workload.forward().output) > Tolerance.matmul.rawValue)
    let again = try AttentionRun(workload, precision: .bf16, on: device)
    #expect(again.key == rounded.key && again.query == rounded.query)
  }

  /// The f32 variant, which other devices run.
  @Test(.enabled(if: hasCUDA, "needs clang or an NVIDIA GPU"))
  func withoutTensorCoresTheF32VariantMatches() throws {
    guard let (device, gpu) = try device() else { return }
    device.prefersTensorCores = false
    let heads = HeadShape(queryHeads: 6, keyValueHeads: 2, headDimension: 40)
    let kernel = AttentionKernel(
      .forward, gpu, heads: heads, softCap: nil, precision: .f32)
    #expect(kernel.options.contains(KernelOption("CHUNK", 32)))
    var generator = SeededGenerator(seed: 17)
    for batch in AttentionBatch.all {
      let workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29, heads: heads,
        using: &generator)
      try check(workload, on: device, "\(batch)")
    }
  }
}
