import Foundation
import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Attention on tensor cores is used as far as the tuning of a device has proven it.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct TensorCoreTuningTests {
    private let folder: TemporaryFolder
    private let store: TuningStore

    init() throws {
      folder = try TemporaryFolder()
      store = TuningStore(folder: folder.url)
    }

    private static let passes: [(AttentionPass, ActivationPrecision)] =
      AttentionPass.allCases.flatMap { pass in ActivationPrecision.allCases.map { (pass, $0) } }

    /// The configuration that is searched for: none of the first on tensor cores.
    private static func chosen(_ precision: ActivationPrecision) -> TuningCandidate {
      AttentionFragments.candidate(
        precision, tile: 64, streamed: 16, keep: 1, split: 1, prefetch: 0)
    }

    private func gpu(_ device: Device) throws -> GPUEngine {
      guard case .gpu(let gpu) = device.engine, gpu.properties.hasTensorCores else {
        throw CancellationError()
      }
      return gpu
    }

    /// A tuner for which one candidate takes half the time.
    private func tuner(fastest: TuningCandidate) throws -> Tuner {
      let tuner = try Tuner(
        try TestDevice.cuda.open(isProfiling: true), sizes: .small, runs: 1)
      tuner.seconds = { (_, candidate) in candidate == fastest ? 1 : 2 }
      return tuner
    }

    /// A tunable with fewer candidates: the stand-in takes seconds for each.
    private func tunable(_ tunable: Tunable, _ candidates: [TuningCandidate]) -> Tunable {
      Tunable(
        tunable.name, tunable.file, gpu: candidates, cpu: [], precision: tunable.precision,
        otherShapes: tunable.otherShapes, prepare: tunable.prepare)
    }

    private func options(
      _ gpu: GPUEngine, _ pass: AttentionPass, _ precision: ActivationPrecision
    ) -> [String: Int] {
      let kernel = AttentionKernel(
        pass, gpu, heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 64),
        softCap: nil, precision: precision)
      return Dictionary(uniqueKeysWithValues: kernel.options.map { ($0.name, $0.value) })
    }

    /// Right at all shapes and faster: stored, and used by every later run.
    @Test func whatIsRightAndFasterIsStoredAndUsed() throws {
      let device = try TestDevice.cuda.open(isProfiling: true)
      let untuned = try gpu(device)
      var found: [TunedKernel] = []
      for (pass, precision) in Self.passes {
        #expect(options(untuned, pass, precision)["TENSOR_CORES"] == nil, "not without a tuning")
        let full = pass.tunable(precision)
        #expect(full.gpu[0] == AttentionKernel.candidate(tile: 32, chunk: 32))
        #expect(full.gpu.contains(Self.chosen(precision)))
        let kernel = try tuner(fastest: Self.chosen(precision)).search(
          tunable(full, [full.gpu[0], Self.chosen(precision)]))
        #expect(kernel.refused.isEmpty && kernel.candidates == 2, "\(kernel)")
        #expect(kernel.constants == Self.chosen(precision).values)
        #expect(kernel.defaultConstants == ["TILE": 32, "CHUNK": 32])
        found.append(kernel)
      }
      let record = try Tuner(device).record(found, keeping: nil)
      try store.write(record, of: device)

      let tuned = try TestDevice.openCUDA(tunings: store)
      #expect(tuned.tuning.kernels == 6 && tuned.tuning.warning == nil)
      #expect(try store.record(of: tuned) == record)
      #expect(!tuned.prefersTensorCores && !tuned.usesGraphs)
      let engine = try gpu(tuned)
      for (pass, precision) in Self.passes {
        let found = options(engine, pass, precision)
        #expect(found["TENSOR_CORES"] == 1 && found["STREAMED"] == 16)
        #expect(found["PIECES"] == (precision == .f32 ? 3 : 1))
      }
      var generator = SeededGenerator(seed: 21)
      let batch = AttentionBatch.training("", prefix: 19, [20, 33])
      let workload = AttentionWorkload(
        prefixCount: batch.prefixCount, sequences: batch.sequences,
        heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 24), magnitude: 1,
        using: &generator)
      let attention = AttentionTests()
      try attention.check(workload, on: tuned, "tuned")
      try attention.check(
        workload, precision: .bf16, within: .bfloat16Product, on: tuned, "tuned, rounded")
      let exact = try AttentionRun(workload, on: tuned)
      let rounded = try AttentionRun(workload, precision: .bf16, on: tuned)
      #expect(exact.output != rounded.output)
    }

    /// Rounded operands are f32's with the exact build until their own is proven.
    @Test func aBuildThatIsNotProvenIsNotUsed() throws {
      let device = try TestDevice.cuda.open()
      let gpu = try gpu(device)
      #expect(options(gpu, .forward, .bf16)["TENSOR_CORES"] == nil)
      gpu.configurations["attention_forward"] = Self.chosen(.f32)
      #expect(options(gpu, .forward, .bf16)["PIECES"] == 3)
      #expect(options(gpu, .queryGradient, .f32)["TENSOR_CORES"] == nil)
      // Benchmarks compare what no tuning has proven.
      device.prefersTensorCores = true
      #expect(options(gpu, .forward, .bf16)["PIECES"] == 1)
      #expect(options(gpu, .forward, .f32)["STREAMED"] == 16, "the tuned tile stays")
      #expect(options(gpu, .queryGradient, .f32)["PIECES"] == 3)
    }

    /// One piece of bf16 is no f32: it is refused, though faster, with its constants.
    @Test func whatIsWrongIsRefusedAndNamed() throws {
      let full = Tunable.attentionForward
      let wrong = Self.chosen(.bf16)
      let kernel = try tuner(fastest: wrong).search(
        tunable(full, [full.gpu[0], wrong, Self.chosen(.f32)]))
      #expect(kernel.constants == full.gpu[0].values && kernel.candidates == 3)
      let refusal = try #require(kernel.refused.first)
      #expect(kernel.refused.count == 1 && refusal.constants == wrong.values)
      #expect(refusal.reason.hasPrefix("strays by 0.00"))
      #expect(refusal.reason.hasSuffix(" from the default's result, expected at most 1e-05"))
    }

    /// What strays by less than rounding explains passes for rounded operands alone, and what is
    /// wrong at other heads is not stored.
    @Test(
      arguments: [
        (ActivationPrecision.f32, 0x1p-20, 0, nil), (.f32, 0x1p-8, 0, "strays"),
        (.bf16, 0x1p-8, 0, nil), (.bf16, 0x1p-6, 0, "strays"),
        (.f32, 0, 0x1p-8, "head dimension 20: strays"), (.bf16, 0, 0x1p-8, nil),
        (.bf16, 0x1p-8, .nan, "head dimension 20: strays by inf"),
      ] as [(ActivationPrecision, Float, Float, String?)])
    func errorsThatRoundingExplainsPass(
      precision: ActivationPrecision, error: Float, otherError: Float, reason: String?
    ) throws {
      let (standard, other) = (
        TuningCandidate([KernelOption("A", 1)], items: 1),
        TuningCandidate([KernelOption("A", 2)], items: 1)
      )
      let tuner = try tuner(fastest: other)
      @Sendable func prepare(_ trial: Trial, _ error: Float) throws(ComputeError) {
        let result = try trial.operand([Float(1)])
        trial.run { () throws(ComputeError) in
          guard case .gpu(let gpu) = trial.device.engine else { return }
          let isOther = gpu.configurations["fake"] == other
          try trial.device.upload([isOther ? 1 + error : 1], into: &result.buffer)
        }
      }
      let kernel = try tuner.search(
        Tunable(
          "fake", .adamW, gpu: [standard, other], cpu: [], precision: precision,
          otherShapes: { (trial, _) throws(ComputeError) in try prepare(trial, otherError) },
          prepare: { trial throws(ComputeError) in try prepare(trial, error) }))
      #expect(kernel.constants == (reason == nil ? ["A": 2] : ["A": 1]))
      #expect(kernel.refused.count == (reason == nil ? 0 : 1))
      if let reason {
        #expect(kernel.refused.first?.reason.hasPrefix(reason) == true, "\(kernel.refused)")
      }
    }

    /// Earlier programs timed the f32 variant under the names of candidates for tensor cores.
    @Test func earlierRecordsOfTensorCoresAreRefused() throws {
      let device = try TestDevice.cuda.open()
      let kernel = TunedKernel(
        name: "attention_forward",
        constants: ["TENSOR_CORES": 1, "TILE": 64, "STREAMED": 32, "KEEP": 1, "SPLIT": 1],
        source: Tunable.attentionForward.file.fingerprint, defaultConstants: [:],
        defaultMicroseconds: 2, microseconds: 1, candidates: 2, refused: [])
      try store.write(
        TuningRecord(try gpu(device).target, kernels: [kernel], date: Date.now), of: device)
      let file = try #require(store.file(of: device))
      let opened = try TestDevice.openCUDA(tunings: store)
      #expect(
        opened.tuning.warning == "\(file.path): constants that are not on offer for "
          + "attention_forward: the defaults are used there")
      let engine = try gpu(opened)
      #expect(options(engine, .forward, .f32)["TENSOR_CORES"] == nil)
    }
  }
}
