import CUDA
import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  /// Matrix multiplications by cuBLASLt, with each type of weights.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct MatmulLibraryTests {
    /// That of f32 sums; tensor cores may truncate them.
    private static let tolerance =
      CUDATestDevice.preferred == .standIn ? 1e-6 : Tolerance.matmul.rawValue

    private func open(isProfiling: Bool = false) throws -> (Device, GPUEngine, CUDA.Matmul) {
      let device = try TestDevice.cuda.open(isProfiling: isProfiling)
      guard case .gpu(let gpu) = device.engine, case .cuda(_, let library?) = gpu.runtime else {
        throw CancellationError()
      }
      return (device, gpu, library)
    }

    /// f16 activations end at 65504, and below 2^-24: those of f32 do not. Forward with bias and
    /// residual, backward with accumulation.
    @Test(arguments: [WeightFormat.f16, .f32], [Float(1), 1e9, 1e-12])
    func activationsKeepTheRangeOfF32(precision: WeightFormat, size: Float) throws {
      let (device, _, library) = try open()
      var generator = SeededGenerator(seed: 14)
      let (rows, outputs, inputs) = (24, 72, 264)
      let work = MatmulWorkload(
        rows: rows, outputs: outputs, inputs: inputs, precision: precision, using: &generator)
      let weight = try WeightMatrix(
        device, rows: outputs, columns: inputs, precision: precision, values: work.weight,
        bias: work.bias.map { $0 * size })
      let residual = work.residual.map { $0 * size }
      // The split of f16 and two multiplications, or one with the numbers as they are.
      let launches = precision == .f16 ? 4 : 1

      let x = try device.buffer(work.x.map { $0 * size })
      var y = try Canary(device, count: rows * outputs)
      let before = device.counts
      try device.matmul(
        x, weight, rows: rows,
        addingTo: try device.buffer(Array(residual[..<(rows * outputs)])), into: &y.buffer)
      #expect((device.counts - before).launches == launches)
      let reference = work.adding(to: work.forward(), bias: true, residual: true)
      let found = try #require(try y.result(device), "written past y")
      #expect(relativeError(found, reference.map { $0 * Double(size) }) < Self.tolerance)

      let outputGradient = try device.buffer(work.outputGradient.map { $0 * size })
      var gradient = try Canary(
        device, count: rows * inputs, values: Array(residual[..<(rows * inputs)]))
      try device.matmulBackward(
        outputGradient, weight, rows: rows, accumulating: true, into: &gradient.buffer)
      #expect((device.counts - before).launches == 2 * launches)
      let backward = work.adding(to: work.backward(), residual: true)
      let foundGradient = try #require(try gradient.result(device), "written past the gradient")
      #expect(relativeError(foundGradient, backward.map { $0 * Double(size) }) < Self.tolerance)
      // Backward both pieces add to what is there.
      #expect(library.algorithms.count == (precision == .f16 ? 3 : 2))
    }

    /// Rows of f16 activations that are far smaller than others keep their own digits.
    @Test func smallRowsBesideLargeOnesKeepTheirDigits() throws {
      let (device, _, _) = try open()
      var generator = SeededGenerator(seed: 15)
      let (rows, outputs, inputs) = (6, 40, 64)
      let work = MatmulWorkload(
        rows: rows, outputs: outputs, inputs: inputs, precision: .f16, using: &generator)
      let weight = try work.matrix(on: device, hasBias: false)
      // Row r is 2^(-4 r) times as large as the first.
      let sizes = (0..<rows).map { Float(sign: .plus, exponent: -4 * $0, significand: 1) }
      let x = try device.buffer(work.x.enumerated().map { $1 * sizes[$0 / inputs] })
      var y = try device.buffer(of: Float.self, count: rows * outputs)
      try device.matmul(x, weight, rows: rows, into: &y)
      let (found, reference) = (try device.download(y), work.forward())
      for (row, size) in sizes.enumerated() {
        let range = (row * outputs)..<((row + 1) * outputs)
        let expected = reference[range].map { $0 * Double(size) }
        // 2^-39 of the largest element is left, which is more of a smaller row.
        let tolerance = max(Self.tolerance, 0x1p-38 / Double(size))
        #expect(relativeError(Array(found[range]), expected) < tolerance, "row \(row)")
      }
    }

    /// Our tiles are left to weights that the library does not multiply.
    @Test(arguments: WeightFormat.plain)
    func withoutTheLibraryOurTilesMultiply(precision: WeightFormat) throws {
      let (device, gpu, library) = try open()
      gpu.usesMatmulLibrary = false
      try MatmulTests.expectReference(on: device, precision, shapes: MatmulTests.fewShapes)
      #expect(library.algorithms.isEmpty)
    }

    /// Multiplication by 1 returns every f16 number unchanged but the infinities, which meet a
    /// second piece of 0.
    @Test func everyHalfIsWidenedExactly() throws {
      let (device, _, library) = try open()
      try MatmulTests.expectHalves(on: device, inputs: 8, infinityBecomesNaN: true)
      #expect(!library.algorithms.isEmpty)
    }

    @Test func tuningTimesOurTiles() throws {
      let (device, gpu, library) = try open(isProfiling: true)
      let found = try Tuner(device, sizes: .small, runs: 1).search("matmul_few")
      #expect(found.candidates == 3 && found.refused.isEmpty)
      #expect(library.algorithms.isEmpty && gpu.usesMatmulLibrary)
    }
  }
}
