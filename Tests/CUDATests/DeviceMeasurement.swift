import Foundation
import TestSupport

@testable import CUDA

/// Times and errors of one device, for the report of a machine with a GPU. Each function measures
/// one subject.
struct DeviceMeasurement {
  let run: KernelRun
  private let matmul: Matmul

  init(_ device: CUDATestDevice) throws {
    run = try KernelRun(device)
    matmul = try Matmul(run.context)
  }

  /// A matrix multiplication: its time, and its relative root-mean-square error against Double for
  /// the f32 activations.
  struct MatmulResult {
    let shape: CUDA.MatmulShape
    let pieces: Int
    let seconds: Double
    let splitSeconds: Double
    let error: Double

    var line: String {
      let rate = Double(shape.operations) / seconds * 1e-12
      let split = String(format: "%.1f us", 1e6 * splitSeconds)
      return "\(shape.text), \(pieces) piece(s): "
        + String(format: "%.1f us, %.1f TFLOP/s, ", 1e6 * seconds, rate)
        + "split \(split), relative rms error " + String(format: "%.2g", error)
    }
  }

  /// x [T, inner] with some channels 50 times as large as the others, as language models have them.
  private func activations(_ shape: CUDA.MatmulShape) -> [Float] {
    var generator = SeededGenerator(seed: 7)
    var x = generator.floats(shape.rows * shape.inner)
    for index in x.indices where index % shape.inner % 97 == 3 { x[index] *= 50 }
    return x
  }

  /// `count` bf16 numbers of up to 1 in magnitude.
  private func weights(_ count: Int) -> [UInt16] {
    var generator = SeededGenerator(seed: 8)
    return (0..<count).map { _ in
      let value = Float(Int32(truncatingIfNeeded: generator.next())) * 0x1p-31
      return UInt16(value.roundedToBFloat16.bitPattern >> 16)
    }
  }

  /// Measures one direction of bf16 weights with f32 activations in `pieces` bf16 pieces.
  func matmul(
    rows: Int, outputs: Int, inputs: Int, isBackward: Bool = false, pieces: Int, repeats: Int
  ) throws -> MatmulResult {
    func shape(hasAddend: Bool) -> CUDA.MatmulShape {
      CUDA.MatmulShape(
        rows: rows, outputs: outputs, inputs: inputs, element: .bf16, isBackward: isBackward,
        hasAddend: hasAddend)
    }
    let first = shape(hasAddend: false)
    let (x, weight) = (activations(first), weights(outputs * inputs))
    let count = x.count
    let y = try run.buffer([Float](repeating: 0, count: rows * first.width))
    let split = try run.buffer([UInt16](repeating: 0, count: pieces * count))
    let from = try run.buffer(x)
    let operands = MatmulOperands(x: split, weight: try run.buffer(weight), addend: y, y: y)
    let program = try KernelText.named("split_bf16").program(
      run.context, ["-DLANES=256", "-DPIECES=\(pieces)", "-DALIGNED=1"])
    let kernel = try Kernel(program, entry: "split_bf16")
    func splitOnce() throws {
      try run.launch(
        kernel,
        [.buffer(from), .buffer(split), .offset(0), .offset(count), .offset(count)],
        groups: [(count + 1023) / 1024], items: 256)
    }
    func multiplyOnce() throws {
      for piece in 0..<pieces {
        var part = operands
        part.x = split.slice(from: 2 * piece * count)
        try matmul.multiply(shape(hasAddend: piece > 0), part)
      }
    }
    try splitOnce()
    try multiplyOnce()
    let splitSeconds = try seconds(repeats, splitOnce)
    let seconds = try seconds(repeats, multiplyOnce)
    let found = try run.values(y, rows * first.width, as: Float.self)
    let error = error(of: found, first, x, weight)
    return MatmulResult(
      shape: first, pieces: pieces, seconds: seconds, splitSeconds: splitSeconds, error: error)
  }

  /// The relative root-mean-square error of up to 4,096 elements of y.
  private func error(
    of y: [Float], _ shape: CUDA.MatmulShape, _ x: [Float], _ weight: [UInt16]
  ) -> Double {
    var generator = SeededGenerator(seed: 9)
    var (errors, squares) = (0.0, 0.0)
    for _ in 0..<4096 {
      let index = Int(generator.next() % UInt64(y.count))
      let (row, column) = (index / shape.width, index % shape.width)
      var sum = 0.0
      for k in 0..<shape.inner {
        let at = shape.isBackward ? k * shape.inputs + column : column * shape.inputs + k
        let factor = Float(bitPattern: UInt32(weight[at]) << 16)
        sum += Double(x[row * shape.inner + k]) * Double(factor)
      }
      errors += (Double(y[index]) - sum) * (Double(y[index]) - sum)
      squares += sum * sum
    }
    return (errors / squares).squareRoot()
  }

  /// Seconds on the device of one of `repeats` runs, after three more.
  func seconds(_ repeats: Int, _ body: () throws -> Void) throws -> Double {
    for _ in 0..<3 { try body() }
    let start = try run.context.record()
    for _ in 0..<repeats { try body() }
    let end = try run.context.record()
    return try end.seconds(since: start) / Double(repeats)
  }

  /// The project's own matrix multiplication kernel with bf16 weights and f32 activations.
  func ownMatmul(rows: Int, outputs: Int, inputs: Int, repeats: Int) throws -> String {
    let shape = CUDA.MatmulShape(rows: rows, outputs: outputs, inputs: inputs, element: .bf16)
    let (x, weight) = (activations(shape), weights(outputs * inputs))
    let (from, matrix) = (try run.buffer(x), try run.buffer(weight))
    let y = try run.buffer([Float](repeating: 0, count: rows * outputs))
    let program = try KernelText.named("matmul").program(
      run.context,
      ["-DELEMENT=1", "-DBACKWARD=0", "-DALIGNED=1", "-DPARTS=2", "-DTILE_K=16"])
    let kernel = try Kernel(program, entry: "matmul")
    let seconds = try seconds(repeats) {
      try run.launch(
        kernel,
        [
          .buffer(from), .buffer(matrix), .none, .buffer(y), .buffer(y), .int(rows), .int(outputs),
          .int(inputs), .offset(0), .int(inputs), .offset(0), .int(outputs), .int(0), .int(0),
          .int(inputs),
        ], groups: [(outputs + 127) / 128, (rows + 127) / 128], items: 256)
    }
    let error = error(of: try run.values(y, rows * outputs, as: Float.self), shape, x, weight)
    let rate = Double(shape.operations) / seconds * 1e-12
    return "own kernel, \(shape.text): "
      + String(format: "%.1f us, %.1f TFLOP/s, relative rms error %.2g", 1e6 * seconds, rate, error)
      + ", \(try kernel.resources())"
  }

  /// Host and device time of many small kernels.
  func launches(_ count: Int) throws -> String {
    let program = try KernelText.named("residual_add").program(run.context, ["-DLANES=256"])
    let kernel = try Kernel(program, entry: "add_elements")
    let (x, y) = (
      try run.buffer([Float](repeating: 1, count: 256)),
      try run.buffer([Float](repeating: 0, count: 256))
    )
    func launch() throws {
      try kernel.bind(x, at: 0)
      try kernel.bind(y, at: 1)
      try kernel.bind(Int64(256), at: 2)
      try kernel.run(groups: [1], items: [256])
    }
    for _ in 0..<10 { try launch() }
    try run.context.finish()
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<count { try launch() }
    let enqueued = clock.now - start
    try run.context.finish()
    let all = clock.now - start
    let sum = try run.values(y, 1, as: Float.self)[0]
    func microseconds(_ duration: Duration) -> String {
      String(format: "%.2f us", duration / .microseconds(count))
    }
    return "\(count) small kernels (sum \(sum)): \(microseconds(enqueued)) a launch on the host, "
      + "\(microseconds(all)) with the wait"
  }

  /// The compilation of every kernel file, with registers and spilled bytes of each entry.
  func compilation() throws -> [String] {
    let clock = ContinuousClock()
    var lines: [String] = []
    var (count, total, longest) = (0, Duration.zero, Duration.zero)
    for file in KernelText.all {
      var binaries = 0
      var spent = Duration.zero
      for options in file.optionSets {
        let start = clock.now
        binaries = try file.program(run.context, options).binary.count
        let duration = clock.now - start
        spent += duration
        longest = max(longest, duration)
        count += 1
      }
      total += spent
      lines.append(
        "\(file): \(file.optionSets.count) programs in "
          + String(format: "%.0f ms, %d bytes", spent / .milliseconds(1), binaries))
    }
    lines.append(
      "\(count) programs compiled in "
        + String(
          format: "%.2f s, the longest in %.0f ms", total / .seconds(1),
          longest / .milliseconds(1)))
    return lines
  }

  /// Copies of `byteCount` bytes on the device and from the host.
  func copies(byteCount: Int, repeats: Int) throws -> String {
    let context = run.context
    let from = try context.allocate(byteCount: byteCount)
    let to = try context.allocate(byteCount: byteCount)
    try from.fill(UInt32(1), byteCount: byteCount)
    let device = try seconds(repeats) { try to.copy(from: from, byteCount: byteCount) }
    let host = [UInt8](repeating: 1, count: byteCount)
    let clock = ContinuousClock()
    let start = clock.now
    try unsafe host.withUnsafeBytes { try unsafe to.upload($0) }
    let upload = (clock.now - start) / .seconds(1)
    return String(
      format: "%d MiB: copied on the device at %.0f GB/s (read and written), uploaded at %.1f GB/s",
      byteCount >> 20, 2e-9 * Double(byteCount) / device, 1e-9 * Double(byteCount) / upload)
  }
}
