import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  @Suite struct AttentionTests {
    /// As many key/value heads as query heads, half as many, a seventh, and one for all. PoCL takes
    /// seconds to compile the kernels of a head dimension: that of small models is used where the
    /// dimension does not matter.
    static let groups = [(2, 2), (4, 2), (14, 2), (7, 1)].map {
      HeadShape(queryHeads: $0.0, keyValueHeads: $0.1, headDimension: 12)
    }

    @Test(arguments: TestDevice.all)
    func everyBatchMatchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 1)
      for heads in Self.groups {
        for batch in AttentionBatch.all {
          for window in [nil, 1, 29] {
            let workload = AttentionWorkload(
              prefixCount: batch.prefixCount, sequences: batch.sequences, window: window,
              heads: heads, using: &generator)
            try check(workload, on: device, "\(batch), window \(window ?? 0), \(heads)")
          }
        }
      }
    }

    /// Every batch, and head dimensions below, at and between multiples of vectors and tiles.
    @Test(arguments: CPUVariant.supported)
    func everyCPUVariantMatches(variant: CPUVariant) throws {
      let device = try Device(cpuThreads: 2, variant: variant)
      var generator = SeededGenerator(seed: 12)
      for batch in AttentionBatch.all {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences, window: 29,
          heads: HeadShape(queryHeads: 6, keyValueHeads: 2, headDimension: 24), using: &generator)
        try check(workload, on: device, "\(batch)")
      }
      let batch = AttentionBatch.training("", prefix: 19, [50, 66])
      for dimension in [3, 8, 15, 16, 17, 40, 64, 80, 128] {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences,
          heads: HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: dimension),
          softCap: dimension == 40 ? 1.5 : nil, using: &generator)
        try check(workload, on: device, "head dimension \(dimension)")
      }
    }

    /// On the CPU path of many models. For kernels one of each kind: fewer elements than a vector,
    /// whole vectors and tiles, a part of one, and on GPUs more than tiles of 64 rows have space
    /// for; those below a chunk are those of the other tests.
    private static func dimensions(_ name: TestDevice) -> [Int] {
      switch name {
      case .cpu: [3, 16, 64, 80, 96, 128, 256]
      case .opencl: [3, 64, 80]
      case .openclGPUVariant, .cuda: [3, 64, 80, 256]
      }
    }

    @Test(arguments: TestDevice.all)
    func everyHeadDimensionMatches(on name: TestDevice) throws {
      let device = try name.open()
      let batch = AttentionBatch.training("", prefix: 19, [50, 66])
      var generator = SeededGenerator(seed: 2)
      for dimension in Self.dimensions(name) {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences,
          heads: HeadShape(queryHeads: 3, keyValueHeads: 1, headDimension: dimension),
          using: &generator)
        try check(workload, on: device, "head dimension \(dimension)")
      }
    }

    /// More query heads on one key/value head than a tile has rows.
    @Test(arguments: TestDevice.all)
    func largeGroupsMatch(on name: TestDevice) throws {
      let device = try name.open()
      let batch = AttentionBatch.training("", prefix: 9, [5, 13])
      var generator = SeededGenerator(seed: 11)
      let workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences, window: 12,
        heads: HeadShape(queryHeads: 150, keyValueHeads: 1, headDimension: 12), using: &generator)
      try check(workload, on: device, "150 query heads")
    }

    @Test(arguments: TestDevice.all)
    func softCapMatches(on name: TestDevice) throws {
      let device = try name.open()
      let batch = AttentionBatch.training("", prefix: 10, [50, 66])
      var generator = SeededGenerator(seed: 3)
      for cap in [1.5, 30] as [Float] {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences, window: 40,
          heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 16), softCap: cap,
          using: &generator)
        try check(workload, on: device, "soft cap \(cap)")
      }
    }

    /// Scores of some hundreds: probabilities are 0 or 1 and nothing overflows.
    @Test(arguments: TestDevice.all)
    func largeScoresStayFinite(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 4)
      let workload = AttentionWorkload(
        sequences: AttentionBatch.packed("", [150]).sequences,
        heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 64), magnitude: 16,
        using: &generator)
      let run = try AttentionRun(workload, on: device)
      #expect(run.output.allSatisfy { abs($0) <= 1 })
      let (_, logSumExp) = workload.forward()
      #expect(relativeError(run.logSumExp, logSumExp) < Tolerance.matmul.rawValue)
      #expect((logSumExp.max() ?? 0) > 200)
      #expect((run.query + run.key + run.value).allSatisfy { $0.isFinite })
    }

    @Test(arguments: TestDevice.all)
    func prefixScopeLeavesTheRestAlone(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 5)
      let batches = [
        AttentionBatch.training("training", prefix: 70, [20, 3, 68]),
        AttentionBatch.training(
          "more sequences than slots", prefix: 5, .init(repeating: 9, count: 21)),
        AttentionBatch.lastLayer("last layer", prefix: 21, [40, 8, 70], responses: [3, 8, 30]),
        AttentionBatch.training("long sequences", prefix: 20, [300, 140]),
        AttentionBatch.training("an empty prefix", prefix: 0, [12]),
        AttentionBatch.packed("no prefix", [12]),
      ]
      for batch in batches {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences,
          heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 12), using: &generator)
        try check(workload, scope: .prefixKeys, on: device, batch.description)
      }
    }

    @Test(arguments: TestDevice.all)
    func twoRunsAreBitIdentical(on name: TestDevice) throws {
      let device = try name.open()
      let batch = AttentionBatch.training("", prefix: 33, .init(repeating: 40, count: 20))
      var generator = SeededGenerator(seed: 6)
      let workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences,
        heads: HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 64), using: &generator)
      let first = try AttentionRun(workload, on: device)
      let second = try AttentionRun(workload, on: device)
      #expect(first.output == second.output)
      #expect(first.query == second.query)
      #expect(first.key == second.key)
      #expect(first.value == second.value)
    }

    @Test func referenceGradientsAgreeWithCentralDifferences() {
      let batch = AttentionBatch.training("", prefix: 3, [4, 2])
      var generator = SeededGenerator(seed: 7)
      for cap in [nil, 1.5] as [Float?] {
        let workload = AttentionWorkload(
          prefixCount: batch.prefixCount, sequences: batch.sequences, window: 4,
          heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 3), softCap: cap,
          using: &generator)
        func loss(_ result: (output: [Double], logSumExp: [Double])) -> Double {
          zip(result.output, workload.outputGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
        }
        let gradient = workload.backward()
        let query = centralDifferences(at: workload.query.map(Double.init)) {
          loss(workload.forward(query: $0))
        }
        let key = centralDifferences(at: workload.key.map(Double.init)) {
          loss(workload.forward(key: $0))
        }
        let value = centralDifferences(at: workload.value.map(Double.init)) {
          loss(workload.forward(value: $0))
        }
        #expect(relativeError(gradient.query.map(Float.init), query) < 1e-6)
        #expect(relativeError(gradient.key.map(Float.init), key) < 1e-6)
        #expect(relativeError(gradient.value.map(Float.init), value) < 1e-6)
      }
    }

    func check(
      _ workload: AttentionWorkload, scope: AttentionGradientScope = .all,
      precision: ActivationPrecision = .f32, within tolerance: Tolerance = .matmul,
      on device: Device, _ what: String
    ) throws {
      let run = try AttentionRun(workload, scope: scope, precision: precision, on: device)
      let (output, logSumExp) = workload.forward()
      let gradient = workload.backward(scope: scope)
      for (name, found, reference) in [
        ("output", run.output, output), ("log-sum-exp", run.logSumExp, logSumExp),
        ("query gradient", run.query, gradient.query), ("key gradient", run.key, gradient.key),
        ("value gradient", run.value, gradient.value),
      ] {
        let written = reference.indices.filter { !reference[$0].isNaN }
        let error = relativeError(written.map { found[$0] }, written.map { reference[$0] })
        #expect(error < tolerance.rawValue, "\(name): \(what)")
        let spared = reference.indices.filter { reference[$0].isNaN }
        #expect(spared.allSatisfy { found[$0].isNaN }, "\(name) beyond its rows: \(what)")
      }
    }
  }
}
