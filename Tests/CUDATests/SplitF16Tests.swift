import TestSupport
import Testing

@testable import CUDA

/// f32 activations as a scaled sum of two f16 matrices.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct SplitF16Tests {
  /// What the kernels make of x from element `first` on.
  private struct Split {
    let run: KernelRun
    let pieces: MemorySlice
    let factors: MemorySlice
    let stride: Int

    init(_ device: CUDATestDevice, _ x: [Float], first: Int = 0, stride: Int? = nil, span: Int)
      throws
    {
      run = try KernelRun(device)
      let count = x.count - first
      self.stride = stride ?? (count + 127) / 128 * 128
      pieces = try run.buffer([UInt16](repeating: 0x1234, count: 2 * self.stride + 8))
      factors = try run.canary(3)
      let from = try run.buffer(x)
      let parts = (count + span - 1) / span
      let partial = try run.canary(parts)
      let isAligned = first % 4 == 0 && self.stride % 4 == 0
      let options = ["-DLANES=256", "-DALIGNED=\(isAligned ? 1 : 0)"]
      try run.run(
        "split_f16", "largest_magnitude", options,
        [.buffer(from), .buffer(partial), .offset(first), .offset(count), .int(span)],
        groups: [parts], items: 256)
      try #require(try run.results(partial, parts) != nil, "written past the maxima")
      try run.run(
        "split_f16", "split_f16", options,
        [
          .buffer(from), .buffer(partial), .buffer(pieces), .buffer(factors), .offset(first),
          .offset(count), .offset(self.stride), .int(parts),
        ], groups: [(count + 1023) / 1024], items: 256)
    }
  }

  /// The power of two that the largest finite element is multiplied with.
  private func scale(_ x: some Sequence<Float>) -> Float {
    let largest = x.map(\.magnitude).filter(\.isFinite).max() ?? 0
    let exponent = largest.isNormal ? Int(largest.exponent) : -127
    return Float(sign: .plus, exponent: min(14 - exponent, 126), significand: 1)
  }

  /// Each piece is the rounded rest, and nothing is written between the pieces or behind them.
  @Test(arguments: CUDATestDevice.all, [Float(1), 0x1p100, 0x1p-30, 0x1p-120])
  func eachPieceIsTheRoundedRest(device: CUDATestDevice, size: Float) throws {
    var generator = SeededGenerator(seed: 6)
    for (count, first, stride, span) in [
      (1, 0, 4, 4096), (3, 1, 5, 2), (1023, 3, 1025, 100), (1024, 4, 1032, 4096),
    ] {
      var x = generator.floats(first + count, in: -1000...1000).map { $0 * size }
      // Ties, zeros, what is small beside the largest, and what is no number.
      let others: [Float] = [
        0, -0.0, size * 1e-6, size * (1 + 1 / 2048), -size * (1 + 3 / 2048), size * 1e-13,
        .infinity, .nan, .leastNonzeroMagnitude,
      ]
      for (index, value) in others.enumerated() where first + index < x.count {
        x[first + index] = value
      }
      // Elements before the first do not count.
      for index in 0..<first { x[index] = .greatestFiniteMagnitude }
      let split = try Split(device, x, first: first, stride: stride, span: span)
      let found = try split.run.values(split.pieces, 2 * stride + 8, as: UInt16.self)
      let scale = scale(x[first...])
      #expect(try split.run.results(split.factors, 3) == [1 / scale, 0, 1])
      var rest = x[first...].map { $0 * scale }
      for piece in 0..<2 {
        let row = found[(piece * stride)..<((piece + 1) * stride)]
        for (index, bits) in row.prefix(count).enumerated() {
          let (rounded, stored) = (Float16(rest[index]), Float16(bitPattern: bits))
          #expect(
            stored == rounded || (stored.isNaN && rounded.isNaN),
            "piece \(piece) of \(x[first + index])")
          rest[index] -= Float(rounded)
        }
        #expect(row.dropFirst(count).allSatisfy { $0 == 0x1234 })
      }
      #expect(found[(2 * stride)...].allSatisfy { $0 == 0x1234 })
      let largest = x[first...].map(\.magnitude).filter(\.isFinite).max() ?? 0
      for (left, value) in zip(rest, x[first...]) where value.isFinite {
        #expect(abs(left) <= scale * max(0x1p-23 * abs(value), 0x1p-39 * largest))
      }
    }
  }

  @Test(arguments: CUDATestDevice.all)
  func zerosHaveAFiniteFactor(device: CUDATestDevice) throws {
    let split = try Split(device, [Float](repeating: 0, count: 40), span: 4096)
    #expect(try split.run.results(split.factors, 3) == [0x1p-126, 0, 1])
    #expect(try split.run.values(split.pieces, 40, as: UInt16.self).allSatisfy { $0 == 0 })
  }

  /// Multiplications of both pieces, with the factor read on the device, of activations that f16
  /// alone does not hold.
  @Test(arguments: CUDATestDevice.all, [false, true])
  func theSumOfPiecesIsAsExactAsF32(device: CUDATestDevice, isBackward: Bool) throws {
    for size in [Float(1), 0x1p30, 0x1p-40] {
      var generator = SeededGenerator(seed: 9)
      let (rows, outputs, inputs) = (20, 136, 200)
      let work = MatmulWorkload(
        rows: rows, outputs: outputs, inputs: inputs, precision: .f16, using: &generator)
      let x = (isBackward ? work.outputGradient : work.x).map { $0 * size }
      let split = try Split(device, x, span: 4096)
      let (run, width) = (split.run, isBackward ? inputs : outputs)
      let matmul = try Matmul(run.context)
      var operands = MatmulOperands(
        x: split.pieces, weight: try run.buffer(work.weight.map { Float16($0).bitPattern }),
        bias: isBackward ? nil : try run.buffer(work.bias.map { $0 * size }),
        addend: try run.buffer(work.residual.map { $0 * size }), factors: split.factors,
        y: try run.canary(rows * width))
      func shape(hasBias: Bool, hasAddend: Bool) -> MatmulShape {
        MatmulShape(
          rows: rows, outputs: outputs, inputs: inputs, element: .f16, isBackward: isBackward,
          hasBias: hasBias, hasAddend: hasAddend, isScaled: true)
      }
      for hasAddend in [true, false] {
        operands.x = split.pieces
        try matmul.multiply(shape(hasBias: !isBackward, hasAddend: hasAddend), operands)
        var second = operands
        second.x = split.pieces.slice(from: 2 * split.stride)
        second.addend = operands.y
        try matmul.multiply(shape(hasBias: false, hasAddend: true), second)
        let reference = work.adding(
          to: isBackward ? work.backward() : work.forward(), bias: !isBackward,
          residual: hasAddend
        ).map { $0 * Double(size) }
        let found = try #require(try run.results(operands.y, rows * width), "written past y")
        // Tensor cores may truncate sums.
        let tolerance = device == .standIn ? 1e-6 : Tolerance.matmul.rawValue
        #expect(relativeError(found, reference) < tolerance, "\(size)")
      }
    }
  }

  @Test(arguments: CUDATestDevice.all)
  func factorsThatAreMissingAreRefused(device: CUDATestDevice) throws {
    let run = try KernelRun(device)
    let shape = MatmulShape(rows: 4, outputs: 8, inputs: 16, element: .f16, isScaled: true)
    let numbers = try run.buffer([UInt16](repeating: 0, count: 128))
    let operands = MatmulOperands(x: numbers, weight: numbers, y: try run.canary(32))
    let error = #expect(throws: CUDAError.self) {
      try Matmul(run.context).multiply(shape, operands)
    }
    #expect(
      error?.detail == "forward scaled f16 T 4 N 8 K 16: factors missing, expected 12 bytes")
  }
}
