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
      _ device: Device, width: Int, kind: TeacherCacheKind = .projected, form: PromptForm? = nil
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
      let form = form ?? .embeddings(count: 6, width: width)
      let teacher = try decoder.prefill(
        Prefix(.context(Array(1...20))), capacity: PrefixCapacity(rows: 32))
      let cache = try teacher.score(examples, kind: kind, temperature: 1)
      return try Distiller(
        decoder, teacher: cache,
        prompt: LearnedPrompt(
          form: form, values: [Float](repeating: 0.02, count: form.elementCount)),
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

    /// Steps of equal shapes are one launch of a graph, to the bit what they are without graphs,
    /// whatever runs between them.
    @Test(
      .enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"),
      arguments: [TeacherCacheKind.logits, .hidden, .projected], [false, true])
    func aStepThatComesAgainIsOneLaunch(kind: TeacherCacheKind, keysValues: Bool) throws {
      // Three shapes. Eager, captured, then replayed.
      let batches = [
        [0, 1], [2, 3], [0, 2], [0, 1], [2, 0], [1, 3], [2, 3], [0, 2], [3, 1], [1, 3], [0, 1],
      ]
      let replays = [3, 4, 6, 7, 8, 9, 10]
      let form = PromptForm.keysValues(layers: 3, count: 6, heads: 2, dimension: 8)
      var found: [[UInt32]] = []
      for usesGraphs in [false, true] {
        let device = try TestDevice.cuda.open()
        device.usesGraphs = usesGraphs
        let distiller = try Self.distiller(
          device, width: 32, kind: kind, form: keysValues ? form : nil)
        for (index, batch) in batches.enumerated() {
          let (allocations, before) = (device.allocations, device.counts)
          try distiller.step(index + 1, examples: batch, learningRate: 0.01)
          let counts = device.counts - before
          guard usesGraphs, replays.contains(index) || index == 1 else {
            #expect(counts.graphLaunches == 0)
            continue
          }
          #expect(counts.graphLaunches == 1)
          // The sum of the losses, the norm, and an update of each tensor.
          #expect(counts.launches == (keysValues ? 5 : 4))
          #expect(counts.copies == 1 && counts.hostWaits == 0)
          #expect(device.allocations == allocations)
        }
        let snapshot = try distiller.snapshot()
        let reports = try distiller.takeReports()
        var numbers = snapshot.prompt.values
        numbers += snapshot.moments.first + snapshot.moments.second
        for report in reports { numbers += [Float(report.loss), Float(report.gradientNorm)] }
        found.append(numbers.map { $0.bitPattern })
      }
      #expect(found[0] == found[1])
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
