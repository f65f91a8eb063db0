import Compute
import TestSupport
import Testing

@testable import CUDA

/// Kernels as CUDA against their Double references.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct KernelFileTests {
  private func expect(
    _ found: [Float]?, _ reference: [Double], _ tolerance: Tolerance, terms: Double = 0,
    _ comment: Comment? = nil
  ) throws {
    let found = try #require(found, "written past the result")
    let error = relativeError(found, reference, terms: terms)
    #expect(error < tolerance.rawValue, comment)
  }

  private func quads(_ width: Int) -> String { "-DQUADS=\(width % 4 == 0 ? 1 : 0)" }

  @Test(arguments: CUDATestDevice.all)
  func rmsNorm(device: CUDATestDevice) throws {
    var generator = SeededGenerator(seed: 1)
    for width in [1, 127, 128, 129, 896] {
      let run = try KernelRun(device)
      let options = ["-DLANES=128", quads(width)]
      let work = RMSNormWorkload(rows: 5, width: width, using: &generator)
      let count = work.rows * width
      let (x, weight) = (try run.buffer(work.x), try run.buffer(work.weight))
      let (y, scale) = (try run.canary(count), try run.canary(work.rows))
      try run.run(
        "rms_norm", "rms_norm_forward", options,
        [
          .buffer(x), .buffer(weight), .buffer(y), .buffer(scale), .int(width),
          .float(work.epsilon),
        ],
        groups: [work.rows], items: 128)
      try expect(run.results(y, count), work.forward(), .rowArithmetic, "width \(width)")

      let gradient = try run.buffer(work.x + [Float](repeating: .nan, count: 64))
      try run.run(
        "rms_norm", "rms_norm_backward", options,
        [
          .buffer(try run.buffer(work.outputGradient)), .buffer(x), .buffer(weight), .buffer(scale),
          .buffer(gradient), .int(width), .int(1),
        ], groups: [work.rows], items: 128)
      try expect(
        run.results(gradient, count), work.backward(accumulating: true), .rowArithmetic,
        terms: work.largestBackwardTerm, "width \(width)")
    }
  }

  @Test(arguments: CUDATestDevice.all, DivergenceForm.allCases)
  func klDivergence(device: CUDATestDevice, form: DivergenceForm) throws {
    var generator = SeededGenerator(seed: 2)
    let objective = Objective(form, temperature: 1.5)
    for (width, isHalf) in [
      (1, false), (255, true), (1024, false), (1025, false), (4096, true), (4099, true),
    ] {
      let run = try KernelRun(device)
      let work = KLDivergenceWorkload(rows: 3, width: width, using: &generator)
      let teacher =
        isHalf ? try run.buffer(work.halfTeacher) : try run.buffer(work.teacher)
      let indices = try run.buffer(work.rowIndices)
      let student = try run.buffer(work.student + [Float](repeating: .nan, count: 64))
      let losses = try run.canary(work.rows)
      try run.run(
        "kl_divergence", "kl_divergence",
        ["-DLANES=256", "-DFORM=\(form.rawValue)", "-DELEMENT=\(isHalf ? 2 : 0)", quads(width)],
        [
          .buffer(teacher), .buffer(indices), .buffer(student), .buffer(losses), .int(width),
          .int(0), .int(0), .float(1 / objective.temperature),
          .float(work.weight / objective.temperature), .float(0),
        ], groups: [work.rows], items: 256)
      let comment: Comment = "\(form) width \(width)"
      try expect(
        run.results(losses, work.rows), work.losses(objective), .transcendental, terms: 1, comment)
      try expect(
        run.results(student, work.rows * width), work.gradient(objective), .transcendental,
        terms: work.largestGradientTerm(objective), comment)
    }
  }

  @Test(arguments: CUDATestDevice.all)
  func adamW(device: CUDATestDevice) throws {
    var generator = SeededGenerator(seed: 3)
    let run = try KernelRun(device)
    let steps = 4
    let work = OptimizerWorkload(count: 1000, steps: steps, using: &generator)
    let betas = (first: 0.9, second: 0.99)
    let (rate, decay, epsilon) = (0.01, 0.1, 1e-8)
    let parameters = try run.buffer(work.parameters + [Float](repeating: .nan, count: 64))
    let zeros = [Float](repeating: 0, count: work.count)
    let (first, second) = (try run.buffer(zeros), try run.buffer(zeros))
    let scale = try run.buffer([work.gradientScale])
    for (index, gradient) in work.gradients.enumerated() {
      let powers = (0...index).reduce((1.0, 1.0)) { power, _ in
        (power.0 * betas.first, power.1 * betas.second)
      }
      try run.run(
        "adamw", "adamw_update", ["-DLANES=256"],
        [
          .buffer(try run.buffer(gradient)), .buffer(scale), .buffer(parameters), .buffer(first),
          .buffer(second), .offset(0), .int(work.count), .float(Float(1 - rate * decay)),
          .float(Float(1 - betas.first)), .float(Float(betas.second)),
          .float(Float(1 - betas.second)), .float(Float(rate / (1 - powers.0))),
          .float(Float(1 / (1 - powers.1).squareRoot())), .float(Float(epsilon)),
        ], groups: [(work.count + 255) / 256], items: 256)
    }
    try expect(
      run.results(parameters, work.count),
      work.adamW(learningRate: rate, betas: betas, epsilon: epsilon, weightDecay: decay),
      .rowArithmetic)
  }

  @Test(
    arguments: CUDATestDevice.all, [(0, 1), (1, 1), (0, 0), (1, 0)].map { [$0.0, $0.1] })
  func matmul(device: CUDATestDevice, options: [Int]) throws {
    let (isBackward, isAligned) = (options[0] == 1, options[1] == 1)
    var generator = SeededGenerator(seed: 4)
    let run = try KernelRun(device)
    let (rows, outputs, inputs) = isAligned ? (70, 136, 68) : (3, 65, 131)
    let work = MatmulWorkload(
      rows: rows, outputs: outputs, inputs: inputs, precision: .bf16, using: &generator)
    let (width, inner) = isBackward ? (inputs, outputs) : (outputs, inputs)
    let x = try run.buffer(isBackward ? work.outputGradient : work.x)
    let weight = try run.buffer(work.weight.map { UInt16($0.bitPattern >> 16) })
    let (bias, addend) = (try run.buffer(work.bias), try run.buffer(work.residual))
    let y = try run.canary(rows * width)
    try run.run(
      "matmul", isBackward ? "matmul_backward" : "matmul",
      [
        "-DELEMENT=1", "-DBACKWARD=\(options[0])", "-DALIGNED=\(options[1])", "-DPARTS=1",
        "-DTILE_K=16",
      ],
      [
        .buffer(x), .buffer(weight), .buffer(bias), .buffer(addend), .buffer(y), .int(rows),
        .int(width), .int(inner), .offset(0), .int(inner), .offset(0), .int(width),
        .int(isBackward ? 0 : 1), .int(1), .int(inner),
      ], groups: [(width + 63) / 64, (rows + 63) / 64], items: 256)
    let product = isBackward ? work.backward() : work.forward()
    try expect(
      run.results(y, rows * width),
      work.adding(to: product, bias: !isBackward, residual: true), .matmul)
  }

  @Test(
    arguments: CUDATestDevice.all,
    AttentionBatch.all.filter {
      ["a tile and one", "training", "generation behind a prefix"].contains($0.description)
    })
  func attentionForward(device: CUDATestDevice, batch: AttentionBatch) throws {
    var generator = SeededGenerator(seed: 5)
    for (tile, softCap) in [(32, nil), (64, Float(3))] {
      let run = try KernelRun(device)
      let heads = HeadShape(queryHeads: 6, keyValueHeads: 2, headDimension: 40)
      let work = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences, heads: heads, softCap: softCap,
        using: &generator)
      let tiles = work.queryTiles(of: tile)
      let output = try run.canary(work.query.count)
      let sums = try run.canary(work.queryRows * heads.queryHeads)
      try run.run(
        "attention_forward", "attention_forward",
        [
          "-DHEAD_DIMENSION=\(heads.headDimension)", "-DTILE=\(tile)",
          "-DSOFT_CAP=\(softCap == nil ? 0 : 1)", "-DCHUNK=16",
        ],
        [
          .buffer(try run.buffer(tiles)), .buffer(try run.buffer(work.query)),
          .buffer(try run.buffer(work.key)), .buffer(try run.buffer(work.value)), .buffer(output),
          .buffer(sums), .int(heads.queryHeads), .int(heads.keyValueHeads), .int(Int(Int32.max)),
          .float(work.scale), .float(softCap ?? 0),
        ], groups: [tiles.count / 6, heads.keyValueHeads], items: 256)
      let reference = work.forward()
      let comment: Comment = "\(batch) tile \(tile)"
      try expect(
        run.results(output, work.query.count), reference.output, .transcendental, comment)
      try expect(
        run.results(sums, reference.logSumExp.count), reference.logSumExp, .transcendental, comment)
    }
  }

  /// Each piece is the rounded rest, and nothing is written between the pieces or behind them.
  @Test(arguments: CUDATestDevice.all, [1, 2])
  func splitBF16(device: CUDATestDevice, pieces: Int) throws {
    var generator = SeededGenerator(seed: 6)
    for (count, first, stride) in [(1, 0, 4), (3, 1, 5), (1023, 3, 1025), (1024, 4, 1032)] {
      let run = try KernelRun(device)
      let tiny: [Float] = [
        0, -0.0, Float(bitPattern: 714), .infinity, 1 + 1 / 256, 1 + 3 / 256, 65535,
      ]
      var x = generator.floats(first + count, in: -1000...1000)
      for (index, value) in tiny.enumerated() where first + index < x.count {
        x[first + index] = value
      }
      let isAligned = first % 4 == 0 && stride % 4 == 0
      let sentinel: UInt16 = 0x1234
      let to = try run.buffer([UInt16](repeating: sentinel, count: pieces * stride + 8))
      try run.run(
        "split_bf16", "split_bf16",
        ["-DLANES=256", "-DPIECES=\(pieces)", "-DALIGNED=\(isAligned ? 1 : 0)"],
        [.buffer(try run.buffer(x)), .buffer(to), .offset(first), .offset(count), .offset(stride)],
        groups: [(count + 1023) / 1024], items: 256)
      let found = try run.values(to, pieces * stride + 8, as: UInt16.self)
      var rest = Array(x[first...])
      for piece in 0..<pieces {
        let row = found[(piece * stride)..<((piece + 1) * stride)]
        for (index, bits) in row.prefix(count).enumerated() {
          if rest[index].isFinite {
            let rounded = rest[index].roundedToBFloat16
            #expect(UInt32(bits) << 16 == rounded.bitPattern, "piece \(piece) of \(rest[index])")
            rest[index] -= rounded
          } else if piece == 0 {
            #expect(bits == 0x7F80)
          }
        }
        #expect(row.dropFirst(count).allSatisfy { $0 == sentinel })
      }
      #expect(found[(pieces * stride)...].allSatisfy { $0 == sentinel })
    }
  }
}
