import Compute
import Foundation
import TestSupport

@testable import CUDA

extension AttentionWorkload {
  /// The query tiles of the kernels, as their ints: tiles of `rows` packed rows.
  func queryTiles(of rows: Int) -> [Int32] {
    sequences.flatMap { sequence -> [Int32] in
      let prefix = sequence.attendsPrefix ? prefixCount : 0
      let position = prefix + sequence.keyCount - sequence.queryCount
      return stride(from: 0, to: sequence.queryCount * heads.groupSize, by: rows).flatMap {
        [sequence.queryStart, sequence.queryCount, sequence.keyStart, prefix, position, $0]
          .map(Int32.init)
      }
    }
  }
}

/// Kernels of the project at the sizes of a step.
extension DeviceMeasurement {
  /// attention_forward over packed sequences that see a prefix.
  func attention(
    prefix: Int, lengths: [Int], heads: HeadShape, tile: Int, repeats: Int
  ) throws -> String {
    var generator = SeededGenerator(seed: 10)
    let batch = AttentionBatch.training("a step", prefix: prefix, lengths)
    let work = AttentionWorkload(
      prefixCount: prefix, sequences: batch.sequences, heads: heads, using: &generator)
    let tiles = work.queryTiles(of: tile)
    let program = try KernelText.named("attention_forward").program(
      run.context,
      [
        "-DHEAD_DIMENSION=\(heads.headDimension)", "-DTILE=\(tile)", "-DSOFT_CAP=0", "-DCHUNK=16",
      ])
    let kernel = try Kernel(program, entry: "attention_forward")
    let output = try run.buffer([Float](repeating: 0, count: work.query.count))
    let sums = try run.buffer([Float](repeating: 0, count: work.queryRows * heads.queryHeads))
    let arguments: [KernelRun.Argument] = [
      .buffer(try run.buffer(tiles)), .buffer(try run.buffer(work.query)),
      .buffer(try run.buffer(work.key)), .buffer(try run.buffer(work.value)), .buffer(output),
      .buffer(sums), .int(heads.queryHeads), .int(heads.keyValueHeads), .int(Int(Int32.max)),
      .float(work.scale), .float(0),
    ]
    let seconds = try seconds(repeats) {
      try run.launch(
        kernel, arguments, groups: [tiles.count / 6, heads.keyValueHeads], items: 256)
    }
    return "attention_forward, tile \(tile), \(work.queryRows) rows, "
      + "\(heads.queryHeads)/\(heads.keyValueHeads) heads of \(heads.headDimension): "
      + String(
        format: "%.1f us, %.2f TFLOP/s", 1e6 * seconds, 1e-12 * Double(work.forwardFlop) / seconds)
      + ", \(try kernel.resources())"
  }

  /// rms_norm_forward.
  func rmsNorm(rows: Int, width: Int, repeats: Int) throws -> String {
    var generator = SeededGenerator(seed: 11)
    let work = RMSNormWorkload(rows: rows, width: width, using: &generator)
    let program = try KernelText.named("rms_norm").program(run.context, ["-DLANES=128"])
    let kernel = try Kernel(program, entry: "rms_norm_forward")
    let y = try run.buffer([Float](repeating: 0, count: rows * width))
    let arguments: [KernelRun.Argument] = [
      .buffer(try run.buffer(work.x)), .buffer(try run.buffer(work.weight)), .buffer(y),
      .buffer(try run.buffer([Float](repeating: 0, count: rows))), .int(width),
      .float(work.epsilon),
    ]
    let seconds = try seconds(repeats) {
      try run.launch(kernel, arguments, groups: [rows], items: 128)
    }
    return Self.rate("rms_norm_forward, \(rows) rows of \(width)", work.forwardBytes, seconds)
  }

  /// kl_divergence with a teacher in binary16; the loss alone, since the gradient replaces logits.
  func klDivergence(rows: Int, width: Int, repeats: Int) throws -> String {
    var generator = SeededGenerator(seed: 12)
    let work = KLDivergenceWorkload(rows: rows, width: width, using: &generator)
    let program = try KernelText.named("kl_divergence").program(
      run.context, ["-DLANES=256", "-DFORM=0", "-DELEMENT=2"])
    let kernel = try Kernel(program, entry: "kl_divergence_loss")
    let losses = try run.buffer([Float](repeating: 0, count: rows))
    let arguments: [KernelRun.Argument] = [
      .buffer(try run.buffer(work.halfTeacher)), .buffer(try run.buffer(work.rowIndices)),
      .buffer(try run.buffer(work.student)), .buffer(losses), .int(width), .int(0), .int(0),
      .float(1),
    ]
    let seconds = try seconds(repeats) {
      try run.launch(kernel, arguments, groups: [rows], items: 256)
    }
    return Self.rate("kl_divergence_loss, \(rows) rows of \(width)", work.lossBytes, seconds)
  }

  private static func rate(_ name: String, _ bytes: Int, _ seconds: Double) -> String {
    name + String(format: ": %.1f us, %.0f GB/s", 1e6 * seconds, 1e-9 * Double(bytes) / seconds)
  }
}
