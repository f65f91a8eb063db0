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
/// engine, and listed in `all`. The first candidate of a list is the default, which every device
/// supports; a list of one candidate needs no tuning.
struct Tunable: Sendable {
  /// Its name in tuning records: the kernel and its use.
  let name: String
  /// The source: a tuned configuration is valid for this source only.
  let file: KernelFile
  /// For the GPU variant; empty if the kernel has none.
  let gpu: [TuningCandidate]
  /// For the CPU variant.
  let cpu: [TuningCandidate]
  /// Of operands on tensor cores. A tunable of rounded ones is there where tensor cores are.
  let precision: ActivationPrecision
  /// Whether candidates multiply by cuBLASLt; else our own tiles are timed, for weights that it
  /// does not multiply.
  let usesMatmulLibrary: Bool
  /// Uploads operands and adds the operations to time.
  let prepare: @Sendable (Trial) throws(ComputeError) -> Void
  /// As above, at another of the trial's shapes, which select other builds: a candidate must agree
  /// there too before it is stored.
  let otherShapes: (@Sendable (Trial, AttentionTrialShape) throws(ComputeError) -> Void)?

  init(
    _ name: String, _ file: KernelFile, gpu: [TuningCandidate], cpu: [TuningCandidate],
    precision: ActivationPrecision = .f32, usesMatmulLibrary: Bool = false,
    otherShapes: (@Sendable (Trial, AttentionTrialShape) throws(ComputeError) -> Void)? = nil,
    prepare: @escaping @Sendable (Trial) throws(ComputeError) -> Void
  ) {
    self.name = name
    self.file = file
    self.gpu = gpu
    self.cpu = cpu
    self.precision = precision
    self.usesMatmulLibrary = usesMatmulLibrary
    self.otherShapes = otherShapes
    self.prepare = prepare
  }

  /// The largest difference from the default's result over the largest magnitude. Of f32 operands
  /// candidates only change the order of f32 sums, and three pieces of bf16 are exact to 2^-24: on
  /// the stand-in for the driver attention differs by at most 8.4e-7 at the trial's shapes.
  ///
  /// cuBLASLt multiplies two pieces, which keep 17 bits, and tensor cores truncate their sums. With
  /// bf16 weights that strays by 2.7e-6 of the root mean square over 896 terms and by 1.2e-5 over
  /// 9,728 on an H200. Sums of the trial have 896 terms forward and, chunk by chunk, at most 4,096
  /// backward.
  ///
  /// An operand that is rounded to bf16 changes by 2^-8 of itself at most. An element of a gradient
  /// of attention is a sum over scores and their gradients, whose four operands are rounded, and
  /// both factors of the sum are: six roundings, which in a sum mostly cancel. Rounded attention in
  /// Double differs from exact attention by at most 2^-7.3 (7 shapes, three draws of numbers), on
  /// the stand-in by at most 2^-7.7 at the trial's shapes and 2^-7.2 at those of tests.
  var tolerance: Double { precision == .bf16 ? 0x1p-7 : usesMatmulLibrary ? 2e-5 : 1e-5 }

  func candidates(forCPUType isCPUType: Bool) -> [TuningCandidate] { isCPUType ? cpu : gpu }

  /// The candidates that a device supports, the default first.
  func candidates(on target: TuningTarget) -> [TuningCandidate] {
    if precision == .bf16 && !target.properties.hasTensorCores { return [] }
    return candidates(forCPUType: target.isCPUType).filter {
      $0.fits(
        workGroupSize: target.properties.workGroupSize,
        localMemory: target.properties.localMemory,
        hasTensorCores: target.properties.hasTensorCores)
    }
  }

  /// Every tunable of the engine, in the order of a training step.
  static let all: [Tunable] = [
    .embedding, .rmsNorm, .layerNorm, .matmulFew, .matmulMedium, .matmulLarge, .matmulWide,
    .dequantisedMatmul,
    .headNorm, .rotary, .attentionForward, .attentionQueryGradient, .attentionKeyValueGradient,
    .attentionForwardRounded, .attentionQueryGradientRounded, .attentionKeyValueGradientRounded,
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
