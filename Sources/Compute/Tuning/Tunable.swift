/// A set of `-D` constants that a kernel can be built with.
struct TuningCandidate: Sendable, Hashable {
  let constants: [KernelOption]
  /// Work-items of a work-group.
  let items: Int
  /// Bytes of local memory of a work-group.
  let localBytes: Int

  init(_ constants: [KernelOption], items: Int, localBytes: Int = 0) {
    self.constants = constants
    self.items = items
    self.localBytes = localBytes
  }

  /// Whether a device runs it. PoCL promises more than GPUs have, so what GPUs have bounds it everywhere.
  func fits(workGroupSize: Int, localMemory: Int) -> Bool {
    items <= min(workGroupSize, 256) && localBytes <= min(localMemory, 32 << 10)
  }

  /// By name, as records keep them.
  var values: [String: Int] {
    Dictionary(constants.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// As messages show it: `LANES=64 SPAN=512`.
  var description: String {
    constants.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
  }
}

/// The constants of a kernel that are free to choose, and how a choice is measured.
///
/// It is declared beside the kernel's launcher, which asks the engine for the choice, and named in `all`: nothing else knows of
/// it. Of each list the first is the default, which serves every device; a list of one leaves nothing to choose.
struct Tunable: Sendable {
  /// As records name it: the kernel's, and which of its uses.
  let name: String
  /// What is compiled: a choice holds for this text alone.
  let file: KernelFile
  /// For the bodies for GPUs; empty where the kernel has none.
  let gpu: [TuningCandidate]
  /// For the bodies for devices of CPU type.
  let cpu: [TuningCandidate]
  /// Puts operands on the device and says what runs.
  let prepare: @Sendable (Trial) throws(ComputeError) -> Void

  init(
    _ name: String, _ file: KernelFile, gpu: [TuningCandidate], cpu: [TuningCandidate],
    prepare: @escaping @Sendable (Trial) throws(ComputeError) -> Void
  ) {
    self.name = name
    self.file = file
    self.gpu = gpu
    self.cpu = cpu
    self.prepare = prepare
  }

  func candidates(forCPUType isCPUType: Bool) -> [TuningCandidate] { isCPUType ? cpu : gpu }

  /// The candidates that a device runs, the default first.
  func candidates(on target: TuningTarget) -> [TuningCandidate] {
    candidates(forCPUType: target.isCPUType).filter {
      $0.fits(
        workGroupSize: target.description.workGroupSize,
        localMemory: target.description.localMemory)
    }
  }

  /// Every tunable of the engine, in the order of a training step.
  static let all: [Tunable] = [
    .embedding, .rmsNorm, .layerNorm, .productFew, .productMedium, .productLarge, .productWide,
    .headNorm, .rotary, .attentionForward, .attentionQueryGradient, .attentionKeyValueGradient,
    .swiglu, .activation, .residualAdd, .rowGather, .softCap, .klDivergence,
    .projectedDivergence, .sum, .gradientNorm, .adamW, .sgd, .softmax, .compressLogits, .argmax,
    .agreement,
  ]
}

extension [TuningCandidate] {
  /// One work-group a row of a layer. The bodies for devices of CPU type give a row to one work-item, which runs wide vectors.
  static let rowLanes: Self = lanes(128, 32, 64, 256)
  /// One work-group a row as long as a vocabulary.
  static let vocabularyLanes: Self = lanes(256, 64, 128)
  /// One work-item an element.
  static let elementLanes: Self = lanes(256, 64, 128)
  /// One work-item a row: there is nothing to choose.
  static let oneItem: Self = lanes(1)

  /// Work-groups of these sizes, powers of two; each item keeps a few floats of local memory.
  static func lanes(_ counts: Int...) -> Self {
    counts.map {
      TuningCandidate([KernelOption("LANES", $0)], items: $0, localBytes: 16 * $0)
    }
  }

  /// Work-groups of `lanes` items that go along so many elements.
  static func spans(_ pairs: (lanes: Int, span: Int)...) -> Self {
    pairs.map {
      TuningCandidate(
        [KernelOption("LANES", $0.lanes), KernelOption("SPAN", $0.span)], items: $0.lanes)
    }
  }
}
