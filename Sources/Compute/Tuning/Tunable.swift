/// A set of `-D` constants that a kernel can be built with.
struct TuningCandidate: Sendable, Hashable {
  let constants: [KernelOption]
  /// Work-items of a work-group.
  let items: Int
  /// Bytes of local memory of a work-group.
  let localBytes: Int
  let needsTensorCores: Bool

  init(
    _ constants: [KernelOption], items: Int, localBytes: Int = 0, needsTensorCores: Bool = false
  ) {
    self.constants = constants
    self.items = items
    self.localBytes = localBytes
    self.needsTensorCores = needsTensorCores
  }

  /// Whether a device supports it. PoCL reports larger limits than GPUs have, so GPU limits apply
  /// everywhere; GPUs with tensor cores have more local memory.
  func fits(workGroupSize: Int, localMemory: Int, hasTensorCores: Bool) -> Bool {
    items <= min(workGroupSize, 256)
      && localBytes <= min(localMemory, needsTensorCores ? 48 << 10 : 32 << 10)
      && (hasTensorCores || !needsTensorCores)
  }

  /// By name, as stored in tuning records.
  var values: [String: Int] {
    Dictionary(constants.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// For messages: `LANES=64 SPAN=512`.
  var description: String {
    constants.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
  }
}

/// A kernel with tunable constants, and how its candidates are measured.
///
/// It is declared beside the kernel's launcher, which reads the tuned configuration from the
/// engine, and listed in `all`. The first candidate of a list that a device supports is its default;
/// a list of one candidate needs no tuning.
struct Tunable: Sendable {
  /// Its name in tuning records: the kernel and its use.
  let name: String
  /// The source: a tuned configuration is valid for this source only.
  let file: KernelFile
  /// For the GPU variant; empty if the kernel has none.
  let gpu: [TuningCandidate]
  /// For the CPU variant.
  let cpu: [TuningCandidate]
  /// Uploads operands and adds the operations to time.
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

  /// The candidates that a device supports, the default first.
  func candidates(on target: TuningTarget) -> [TuningCandidate] {
    candidates(forCPUType: target.isCPUType).filter {
      $0.fits(
        workGroupSize: target.properties.workGroupSize,
        localMemory: target.properties.localMemory,
        hasTensorCores: target.properties.hasTensorCores)
    }
  }

  /// Every tunable of the engine, in the order of a training step.
  static let all: [Tunable] = [
    .embedding, .rmsNorm, .layerNorm, .matmulFew, .matmulMedium, .matmulLarge, .matmulWide,
    .headNorm, .rotary, .attentionForward, .attentionQueryGradient, .attentionKeyValueGradient,
    .swiglu, .activation, .residualAdd, .rowGather, .softCap, .klDivergence,
    .crossEntropy, .projectedDivergence, .sum, .gradientNorm, .adamW, .sgd, .softmax,
    .compressLogits, .argmax,
    .agreement, .targetMixture,
  ]
}

extension [TuningCandidate] {
  /// One work-group per row of a layer. In the CPU variant one work-item with wide vectors has a
  /// row.
  static let rowLanes: Self = lanes(128, 32, 64, 256)
  /// One work-group per row of vocabulary length.
  static let vocabularyLanes: Self = lanes(256, 64, 128)
  /// One work-item per element.
  static let elementLanes: Self = lanes(256, 64, 128)
  /// One work-item per row: there is nothing to tune.
  static let oneItem: Self = lanes(1)

  /// Work-groups of these sizes, powers of two; each item uses a few floats of local memory.
  static func lanes(_ counts: Int...) -> Self {
    counts.map {
      TuningCandidate([KernelOption("LANES", $0)], items: $0, localBytes: 16 * $0)
    }
  }

  /// Work-groups of `lanes` items for `span` elements.
  static func spans(_ pairs: (lanes: Int, span: Int)...) -> Self {
    pairs.map {
      TuningCandidate(
        [KernelOption("LANES", $0.lanes), KernelOption("SPAN", $0.span)], items: $0.lanes)
    }
  }
}
