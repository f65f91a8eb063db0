import Compute
import TestSupport
import Testing
import Weights

@testable import CUDA

/// Matrix multiplications by cuBLASLt against Double references.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct MatmulTests {
  /// A shape of the tests, with its workload.
  struct Trial {
    let work: MatmulWorkload
    let shape: CUDA.MatmulShape
    let run: KernelRun

    init(
      _ run: KernelRun, rows: Int, outputs: Int, inputs: Int, _ precision: WeightFormat,
      isBackward: Bool = false, hasBias: Bool = false, hasAddend: Bool = false
    ) {
      var generator = SeededGenerator(seed: UInt64(rows + outputs + inputs))
      work = MatmulWorkload(
        rows: rows, outputs: outputs, inputs: inputs, precision: precision, using: &generator)
      let element: CUDA.MatmulShape.Element =
        switch precision {
        case .f32: .f32
        case .bf16: .bf16
        case .f16: .f16
        default: preconditionFailure("cuBLASLt has no blocks")
        }
      shape = CUDA.MatmulShape(
        rows: rows, outputs: outputs, inputs: inputs, element: element, isBackward: isBackward,
        hasBias: hasBias, hasAddend: hasAddend)
      self.run = run
    }

    /// Values in the shape's type.
    func stored(_ values: [Float]) throws -> MemorySlice {
      switch shape.element {
      case .f32: try run.buffer(values)
      case .f16: try run.buffer(values.map { Float16($0).bitPattern })
      case .bf16: try run.buffer(values.map { UInt16($0.roundedToBFloat16.bitPattern >> 16) })
      }
    }

    /// The operands, with y as a canary.
    func operands() throws -> MatmulOperands {
      MatmulOperands(
        x: try stored(shape.isBackward ? work.outputGradient : work.x),
        weight: try stored(work.weight),
        bias: shape.hasBias ? try run.buffer(work.bias) : nil,
        addend: shape.hasAddend ? try run.buffer(work.residual) : nil,
        y: try run.canary(shape.rows * shape.width))
    }

    var reference: [Double] {
      let product = shape.isBackward ? work.backward() : work.forward()
      return work.adding(to: product, bias: shape.hasBias, residual: shape.hasAddend)
    }

    func result(_ y: MemorySlice) throws -> [Float] {
      try #require(try run.results(y, shape.rows * shape.width), "written past the result")
    }
  }

  @Test(arguments: CUDATestDevice.all, WeightFormat.plain)
  func agreesWithDouble(device: CUDATestDevice, precision: WeightFormat) throws {
    let run = try KernelRun(device)
    let matmul = try Matmul(run.context)
    // Rounded activations have the tolerance of bf16; f32 has that of its sums.
    let tolerance: Tolerance = precision == .f32 ? .matmul : .bfloat16Product
    for (rows, outputs, inputs) in [(1, 8, 16), (5, 24, 40), (33, 136, 72), (7, 13, 9)] {
      for (isBackward, hasBias, hasAddend) in [
        (false, false, false), (false, true, false), (false, false, true), (false, true, true),
        (true, false, false), (true, false, true),
      ] {
        let trial = Trial(
          run, rows: rows, outputs: outputs, inputs: inputs, precision, isBackward: isBackward,
          hasBias: hasBias, hasAddend: hasAddend)
        let operands = try trial.operands()
        try matmul.multiply(trial.shape, operands)
        let error = relativeError(try trial.result(operands.y), trial.reference)
        #expect(error < tolerance.rawValue, "\(trial.shape.text)")
      }
    }
  }

  /// x and y as columns of wider matrices: what lies beside them stays.
  @Test(arguments: CUDATestDevice.all, [false, true])
  func rowsMayBeFurtherApart(device: CUDATestDevice, isBackward: Bool) throws {
    let run = try KernelRun(device)
    let matmul = try Matmul(run.context)
    let trial = Trial(run, rows: 5, outputs: 24, inputs: 40, .f32, isBackward: isBackward)
    let (inner, width) = (trial.shape.inner, trial.shape.width)
    let shape = CUDA.MatmulShape(
      rows: 5, outputs: 24, inputs: 40, element: .f32, isBackward: isBackward, hasAddend: true,
      inputStride: inner + 8, outputStride: width + 16)
    let x = isBackward ? trial.work.outputGradient : trial.work.x
    func apart(_ values: [Float], _ width: Int, by gap: Int) -> [Float] {
      stride(from: 0, to: values.count, by: width).flatMap {
        values[$0..<($0 + width)] + [Float](repeating: .nan, count: gap)
      }
    }
    let step = width + 16
    let count = 5 * step - 16
    let y = try run.canary(count)
    let addend = Array(trial.work.residual[..<(5 * width)])
    try matmul.multiply(
      shape,
      MatmulOperands(
        x: try run.buffer(apart(x, inner, by: 8)), weight: try trial.stored(trial.work.weight),
        addend: try run.buffer(apart(addend, width, by: 16)), y: y))
    let found = try #require(try run.results(y, count), "written past the result")
    let rows: [Float] = (0..<5).flatMap { row in found[(row * step)..<(row * step + width)] }
    let reference = trial.work.adding(
      to: isBackward ? trial.work.backward() : trial.work.forward(), residual: true)
    #expect(relativeError(rows, reference) < Tolerance.matmul.rawValue)
    let gaps: [Float] = (0..<4).flatMap { row in found[(row * step + width)..<((row + 1) * step)] }
    #expect(gaps.count == 64 && gaps.allSatisfy(\.isNaN))
  }

  /// x as two bf16 pieces: the second multiplication adds to y.
  @Test(arguments: CUDATestDevice.all, [false, true])
  func twoPiecesAreAsExactAsF32(device: CUDATestDevice, isBackward: Bool) throws {
    let run = try KernelRun(device)
    let matmul = try Matmul(run.context)
    let trial = Trial(
      run, rows: 48, outputs: 136, inputs: 200, .bf16, isBackward: isBackward,
      hasBias: !isBackward, hasAddend: true)
    var operands = try trial.operands()
    let values = isBackward ? trial.work.outputGradient : trial.work.x
    let pieces = try run.buffer([UInt16](repeating: 0, count: 2 * values.count))
    try run.run(
      "split_bf16", "split_bf16", ["-DLANES=256", "-DPIECES=2", "-DALIGNED=1"],
      [
        .buffer(try run.buffer(values)), .buffer(pieces), .offset(0), .offset(values.count),
        .offset(values.count),
      ], groups: [(values.count + 1023) / 1024], items: 256)
    operands.x = pieces
    try matmul.multiply(trial.shape, operands)
    operands.x = pieces.slice(from: 2 * values.count)
    operands.addend = operands.y
    let added = CUDA.MatmulShape(
      rows: 48, outputs: 136, inputs: 200, element: .bf16, isBackward: isBackward, hasAddend: true)
    try matmul.multiply(added, operands)
    #expect(
      relativeError(try trial.result(operands.y), trial.reference) < Tolerance.matmul.rawValue)
  }

  /// Operands that are less aligned have plans of their own: an algorithm for aligned ones would
  /// read past or fail.
  @Test(arguments: CUDATestDevice.all)
  func plansFollowTheAlignmentOfTheOperands(device: CUDATestDevice) throws {
    let run = try KernelRun(device)
    let trial = Trial(run, rows: 6, outputs: 16, inputs: 32, .bf16, hasBias: true)
    let matmul = try Matmul(run.context)
    var operands = try trial.operands()
    try matmul.multiply(trial.shape, operands)
    let aligned = try trial.result(operands.y).map(Double.init)
    // The same values two bytes further on.
    let bits = trial.work.x.map { UInt16($0.roundedToBFloat16.bitPattern >> 16) }
    operands.x = try run.buffer([0] + bits).slice(from: 2)
    try matmul.multiply(trial.shape, operands)
    #expect(matmul.algorithms.count == 2)
    #expect(MatmulKey(trial.shape, operands).alignments == [2, 256, 256, 256, 256])
    #expect(relativeError(try trial.result(operands.y), aligned) < Tolerance.matmul.rawValue)
    // And the bias four bytes further on.
    operands.bias = try run.buffer([0] + trial.work.bias).slice(from: 4)
    try matmul.multiply(trial.shape, operands)
    #expect(matmul.algorithms.count == 3)
    #expect(MatmulKey(trial.shape, operands).alignments == [2, 256, 256, 256, 4])
    #expect(relativeError(try trial.result(operands.y), aligned) < Tolerance.matmul.rawValue)
  }

  @Test(arguments: CUDATestDevice.all)
  func operandsThatAreTooShortAreRefused(device: CUDATestDevice) throws {
    let run = try KernelRun(device)
    let trial = Trial(run, rows: 4, outputs: 8, inputs: 16, .bf16, hasBias: true)
    let matmul = try Matmul(run.context)
    var operands = try trial.operands()
    operands.x = operands.x.slice(from: 2)
    let error = #expect(throws: CUDAError.self) { try matmul.multiply(trial.shape, operands) }
    #expect(
      error?.description == "cublasLtMatmul: CUDA_ERROR_INVALID_VALUE: forward bf16 T 4 N 8 K 16 + "
        + "bias: x of 126 bytes, expected 128 bytes")
    operands = try trial.operands()
    operands.bias = nil
    let missing = #expect(throws: CUDAError.self) { try matmul.multiply(trial.shape, operands) }
    #expect(missing?.detail.hasSuffix("bias missing, expected 32 bytes") == true)
  }
}
