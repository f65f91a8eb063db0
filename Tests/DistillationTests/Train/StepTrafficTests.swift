import Compute
import Distillation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// The device calls of a training step besides its kernels.
  @Suite struct StepTrafficTests {
    /// A small Llama of this width, and examples of two lengths.
    private static func distiller(
      _ device: Device, width: Int, kind: TeacherCacheKind = .projected
    ) throws -> Distiller {
      let configuration = DecoderConfiguration(
        family: "llama", hiddenSize: width, layerCount: 3,
        heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: width / 4),
        feedForwardSize: 2 * width, vocabularySize: 2 * width, maximumPositions: 256,
        normalization: .rms, normalizationEpsilon: 1e-5,
        position: .rotary(RotaryParameters(base: 10_000, dimension: width / 4)),
        feedForward: .gated(.silu), tiesEmbeddings: true)
      let decoder = try Decoder.random(
        configuration, on: device, precision: .f32, hasProjectionBias: false, seed: 7)
      let examples = (0..<4).map { index in
        Example(
          prompt: Array(1...(3 + index % 2)), response: Array(2...(5 + index % 2)))
      }
      let teacher = try decoder.prefill(
        Prefix(.context(Array(1...20))), capacity: PrefixCapacity(rows: 32))
      let cache = try teacher.score(examples, kind: kind, temperature: 1)
      return try Distiller(
        decoder, teacher: cache,
        prompt: LearnedPrompt(
          form: .embeddings(count: 6, width: width),
          values: [Float](repeating: 0.02, count: 6 * width)),
        in: Frame(header: [1], closing: [2]), batchSize: 2, objective: .forwardKL,
        optimizer: .adamW(),
        clipNorm: 1)
    }

    /// The batches, of equal sizes, alternating.
    private static func batch(_ step: Int) -> [Int] { step % 2 == 0 ? [0, 1] : [2, 3] }

    @Test(arguments: TestDevice.all, [TeacherCacheKind.logits, .hidden, .projected])
    func aStepNeitherAllocatesNorWaits(on name: TestDevice, kind: TeacherCacheKind) throws {
      let device = try name.open()
      let distiller = try Self.distiller(device, width: 32, kind: kind)
      for step in 1...2 {
        try distiller.step(step, examples: Self.batch(step), learningRate: 0.01)
      }
      let (allocations, before) = (device.allocations, device.counts)
      for step in 3...12 {
        try distiller.step(step, examples: Self.batch(step), learningRate: 0.01)
      }
      let counts = device.counts - before
      #expect(device.allocations == allocations)
      #expect(counts.hostWaits == 0)
      #expect(counts.downloadedBytes == 0)
      #expect(device.isCPU || counts.launches >= 10 * 3 * 20, "every launch is counted")

      // One wait and one copy for all losses and norms since the last report.
      let reports = try distiller.takeReports()
      #expect(reports.count == 12 && reports.allSatisfy { $0.loss.isFinite })
      let reported = device.counts - before
      #expect(reported.hostWaits == (device.isCPU ? 0 : 1))
      #expect(reported.downloadedBytes == (device.isCPU ? 0 : 8 * Distiller.reportCapacity))
    }

    @Test(arguments: TestDevice.all)
    func theLastGoodPromptIsOneWhoseLossWasSeen(on name: TestDevice) throws {
      let device = try name.open()
      let distiller = try Self.distiller(device, width: 32)
      try distiller.step(1, examples: [0, 1], learningRate: 0.01)
      #expect(try distiller.takeReports()[0].loss.isFinite)
      let good = try distiller.snapshot().prompt
      // The loss of this step is that of the good prompt; its update makes a bad one.
      try distiller.step(2, examples: [0, 1], learningRate: .nan)
      #expect(try distiller.takeReports()[0].loss.isFinite)
      try distiller.step(3, examples: [0, 1], learningRate: 0.01)
      #expect(try distiller.takeReports()[0].loss.isNaN)
      try distiller.restoreLastFinite()
      #expect(try distiller.snapshot().prompt == good)
    }

    @Test(arguments: TestDevice.all)
    func onlyIndicesGoToTheDevice(on name: TestDevice) throws {
      // Bytes that are no indices grow with the model.
      let bytes = try [32, 64].map { width in
        let device = try name.open()
        let distiller = try Self.distiller(device, width: width)
        try distiller.step(1, examples: Self.batch(1), learningRate: 0.01)
        let before = device.counts
        try distiller.step(2, examples: Self.batch(2), learningRate: 0.01)
        return (device.counts - before).uploadedBytes
      }
      #expect(bytes[0] == bytes[1])
      #expect(name == .cpu ? bytes[0] == 0 : (1...4096).contains(bytes[0]))
    }
  }
}
