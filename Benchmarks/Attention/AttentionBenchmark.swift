import Compute
import TestSupport

/// Attention and its gradient in a training step, attention of the teacher's prefill of a long
/// context, and in decode.
enum AttentionBenchmark: OperationBenchmark {
  static let name = "attention"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let training = AttentionBatch.training(
      "training T \(StepSizes.rows)", prefix: StepSizes.prefix, StepSizes.examples)
    let teacher = AttentionBatch.prefill("teacher 512 x 4096", queries: 512, keys: 4096)
    let generation = AttentionBatch.generation(
      "generation 4 x 512", prefix: 0, [512, 512, 512, 512], capacity: 512)
    let step = try Operands(device, training)
    return try [
      forward(device, step),
      BenchmarkCase(
        "backward \(step.title)", bytes: step.workload.backwardBytes,
        flop: step.workload.backwardFlop
      ) {
        try device.attentionBackward(
          outputGradient: step.outputGradient, query: step.query, key: step.key, value: step.value,
          output: step.output, logSumExp: step.logSumExp, layout: step.layout,
          heads: step.workload.heads, scale: step.workload.scale,
          queryGradient: &step.queryGradient, keyGradient: &step.keyGradient,
          valueGradient: &step.valueGradient)
      },
      forward(device, Operands(device, teacher)),
      forward(device, Operands(device, generation)),
    ]
  }

  private static func forward(_ device: Device, _ operands: Operands) -> BenchmarkCase {
    let workload = operands.workload
    return BenchmarkCase(
      "forward \(operands.title)", bytes: workload.forwardBytes, flop: workload.forwardFlop
    ) {
      try device.attention(
        query: operands.query, key: operands.key, value: operands.value, layout: operands.layout,
        heads: workload.heads, scale: workload.scale, into: &operands.output,
        logSumExp: &operands.logSumExp)
    }
  }

  private final class Operands {
    let title: String
    let workload: AttentionWorkload
    let layout: AttentionLayout
    let query: DeviceBuffer<Float>
    let key: DeviceBuffer<Float>
    let value: DeviceBuffer<Float>
    let outputGradient: DeviceBuffer<Float>
    var output: DeviceBuffer<Float>
    var logSumExp: DeviceBuffer<Float>
    var queryGradient: DeviceBuffer<Float>
    var keyGradient: DeviceBuffer<Float>
    var valueGradient: DeviceBuffer<Float>

    init(_ device: Device, _ batch: AttentionBatch) throws {
      var generator = SeededGenerator(seed: 6)
      title = "\(batch), \(StepSizes.heads.title)"
      workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences, heads: StepSizes.heads,
        using: &generator)
      layout = try AttentionLayout(
        device, prefixCount: batch.prefixCount, sequences: batch.sequences)
      query = try device.buffer(workload.query)
      key = try device.buffer(workload.key)
      value = try device.buffer(workload.value)
      outputGradient = try device.buffer(workload.outputGradient)
      output = try device.buffer(workload.query)
      logSumExp = try device.buffer(count: workload.queryRows * workload.heads.queryHeads)
      queryGradient = try device.buffer(count: workload.query.count)
      keyGradient = try device.buffer(count: workload.key.count)
      valueGradient = try device.buffer(count: workload.value.count)
    }
  }
}
