import CUDA
import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  /// Weights in blocks, dequantised for cuBLASLt some rows at a time.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct DequantisedMatmulTests {
    private let device: Device
    private let gpu: GPUEngine
    private let library: CUDA.Matmul

    /// From two rows on, and 128 rows of weights at a time.
    init() throws {
      device = try TestDevice.cuda.open()
      guard case .gpu(let gpu) = device.engine, case .cuda(_, let library?) = gpu.runtime else {
        throw CancellationError()
      }
      (self.gpu, self.library) = (gpu, library)
      gpu.configurations[Tunable.dequantisedMatmul.name] = Tunable.dequantised(fromRows: 2)
      gpu.dequantisedElements = 1
    }

    /// Both directions, with and without bias and addend, against Double: one chunk, several, and a
    /// last one of another size.
    @Test(arguments: BlockMatmulTests.formats)
    func matchesTheDoubleReference(format: WeightFormat) throws {
      try MatmulTests.expectReference(
        on: device, format, shapes: [(3, 63, 256), (5, 300, 512), (2, 256, 256)])
      #expect(!library.algorithms.isEmpty)
    }

    /// Columns of y forward, and of the gradient backward.
    @Test func multipliesMixedFormats() throws {
      try BlockMatmulTests.expectMixedFormats(on: device, rows: 9)
      #expect(library.algorithms.keys.contains { $0.shape.outputStride == 271 })
      #expect(library.algorithms.keys.contains { $0.shape.inputStride == 271 })
    }

    /// Where some segments cannot take rounded activations, none does, as on the CPU path.
    @Test func mixedFormatsAreNotRounded() throws {
      var generator = SeededGenerator(seed: 23)
      let parts = [(WeightFormat.bf16, 40), (.q80, 24)].map {
        MatmulWorkload(rows: 6, outputs: $0.1, inputs: 256, precision: $0.0, using: &generator)
      }
      let bits = parts[0].weight.map { UInt16($0.bitPattern >> 16) }
      let whole = MatmulWorkload(stacking: parts)
      let bytes = unsafe bits.withUnsafeBytes { unsafe Array($0) }
      let weight = try WeightMatrix(
        device, columns: 256, precision: nil,
        pieces: [WeightPiece(bytes, rows: 40, precision: .bf16), parts[1].piece()])
      #expect(weight.segments.map(\.format) == [.bf16, .q80])
      var y = try device.buffer(of: Float.self, count: 6 * 64)
      try device.matmul(
        try device.buffer(whole.x), weight, rows: 6, precision: .bf16, into: &y)
      #expect(
        relativeError(try device.download(y), whole.forward()) < Tolerance.matmul.rawValue)
      #expect(Set(library.algorithms.keys.map(\.shape.outputStride)) == [64])
    }

    /// Two pieces hold 4 bits times a scale of 11 exactly, and 17 bits of any number.
    @Test(arguments: BlockMatmulTests.formats)
    func piecesAreTheWeights(format: WeightFormat) throws {
      var generator = SeededGenerator(seed: 21)
      let work = MatmulWorkload(
        rows: 1, outputs: 5, inputs: 512, precision: format, using: &generator)
      let weight = try work.matrix(on: device, hasBias: false)
      var pieces = try device.buffer([UInt16](repeating: 0x7FFF, count: 2 * 1100))
      try device.dequantise(
        weight.segments[0], rows: 1..<3, stride: 1100, into: &pieces, on: gpu)
      let found = try device.download(pieces).map { Float(bitPattern: UInt32($0) << 16) }
      let expected = work.weight[512..<(3 * 512)]
      for (index, value) in expected.enumerated() {
        let error = abs(found[index] + found[1100 + index] - value)
        #expect(error <= (format == .q40 ? 0 : abs(value) * 0x1p-17))
      }
      #expect(found[1024..<1100].allSatisfy(\.isNaN) && found[2124...].allSatisfy(\.isNaN))
    }

    /// A split, and for each chunk its weights and three multiplications; nothing is allocated
    /// again.
    @Test func launchesAreFourAChunk() throws {
      var generator = SeededGenerator(seed: 22)
      let work = MatmulWorkload(
        rows: 4, outputs: 200, inputs: 64, precision: .q80, using: &generator)
      let weight = try work.matrix(on: device, hasBias: true)
      let x = try device.buffer(work.x)
      var y = try device.buffer(of: Float.self, count: 4 * 200)
      try device.matmul(x, weight, rows: 4, into: &y)
      let (counts, allocations) = (device.counts, device.allocations)
      try device.matmul(x, weight, rows: 4, into: &y)
      #expect((device.counts - counts).launches == 1 + 2 * 4)
      #expect((device.counts - counts).hostWaits == 0 && device.allocations == allocations)
    }

    /// Our tiles multiply fewer rows than the tuning says, and all of them without one.
    @Test func fewRowsAreMultipliedByOurTiles() throws {
      gpu.configurations[Tunable.dequantisedMatmul.name] = Tunable.dequantised(fromRows: 64)
      try MatmulTests.expectReference(on: device, .q40, shapes: [(63, 7, 32)])
      #expect(library.algorithms.isEmpty)
      try MatmulTests.expectReference(on: device, .q40, shapes: [(64, 7, 32)])
      #expect(!library.algorithms.isEmpty)
      let untuned = try TestDevice.cuda.open()
      guard case .gpu(let gpu) = untuned.engine else { throw CancellationError() }
      #expect(!gpu.dequantises(rows: 1 << 20))
      gpu.prefersTensorCores = true
      #expect(gpu.dequantises(rows: 256) && !gpu.dequantises(rows: 255))
    }

    /// What is faster on a card and right is stored, and used by later runs.
    @Test func aTuningChoosesTheRows() throws {
      let store = TuningStore(folder: try TemporaryFolder().url)
      let tuner = try Tuner(
        try TestDevice.cuda.open(isProfiling: true), sizes: .small, runs: 1)
      let fastest = Tunable.dequantised(fromRows: 64)
      tuner.seconds = { (_, candidate) in candidate == fastest ? 1 : 2 }
      #expect(tuner.names.contains(Tunable.dequantisedMatmul.name))
      let found = try tuner.search(Tunable.dequantisedMatmul.name)
      #expect(found.candidates == 3 && found.refused.isEmpty, "\(found.refused)")
      #expect(found.defaultConstants == ["DEQUANTISED": 0])
      let device = try TestDevice.cuda.open()
      try store.write(try Tuner(device).record([found], keeping: nil), of: device)
      let tuned = try TestDevice.openCUDA(tunings: store)
      guard case .gpu(let gpu) = tuned.engine else { throw CancellationError() }
      #expect(gpu.dequantises(rows: 64) && !gpu.dequantises(rows: 63))
    }
  }
}
