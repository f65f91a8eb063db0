/// A pass of attention with a kernel of its own.
enum AttentionPass: CaseIterable {
  case forward, queryGradient, keyValueGradient

  /// What it multiplies on tensor cores.
  var operands: AttentionFragments.Operands {
    switch self {
    case .forward: .forward
    case .queryGradient: .queryGradient
    case .keyValueGradient: .keyValueGradient
    }
  }

  /// The tunable of operands of this precision.
  func tunable(_ precision: ActivationPrecision) -> Tunable {
    switch (self, precision) {
    case (.forward, .f32): .attentionForward
    case (.forward, .bf16): .attentionForwardRounded
    case (.queryGradient, .f32): .attentionQueryGradient
    case (.queryGradient, .bf16): .attentionQueryGradientRounded
    case (.keyValueGradient, .f32): .attentionKeyValueGradient
    case (.keyValueGradient, .bf16): .attentionKeyValueGradientRounded
    }
  }

  /// The kernels whose time counts. `attention_sum_slots` is one of them: tiles determine the
  /// number of slots.
  fileprivate var entries: Set<String> {
    switch self {
    case .forward: ["attention_forward"]
    case .queryGradient: ["attention_query_gradient"]
    case .keyValueGradient: ["attention_key_value_gradient", "attention_sum_slots"]
    }
  }
}

extension GPUEngine {
  /// The configuration of an attention kernel. Operands are rounded where the tuning has proven
  /// that build, or tensor cores are preferred; else the build of f32 operands serves, which is
  /// exact.
  func configuration(
    _ pass: AttentionPass, precision: ActivationPrecision
  ) -> TuningCandidate {
    let rounded = pass.tunable(.bf16)
    let isRounded =
      precision == .bf16
      && (configurations[rounded.name] != nil || prefersTensorCores && properties.hasTensorCores)
    return configuration(isRounded ? rounded : pass.tunable(.f32))
  }
}

extension [TuningCandidate] {
  /// Tiles of attention by f32 units of GPUs. On an H200 the first is 23 to 26 % faster than 64
  /// rows and chunks of 16 in a training step, and 9 % slower in a prefill of 4,096 keys.
  fileprivate static let attentionTiles = [(32, 32), (64, 16), (64, 8), (32, 16), (16, 16)].map {
    AttentionKernel.candidate(tile: $0.0, chunk: $0.1)
  }
  /// Tiles in private memory, one work-item per tile.
  fileprivate static let attentionTilesOfCPUs = [64, 32].map {
    TuningCandidate([KernelOption("TILE", $0)], items: 1)
  }
}

extension Tunable {
  static let attentionForward = attention(
    .forward, .attentionForward, "attention_forward", .f32)
  static let attentionQueryGradient = attention(
    .queryGradient, .attentionQueryGradient, "attention_query_gradient", .f32)
  static let attentionKeyValueGradient = attention(
    .keyValueGradient, .attentionKeyValueGradient, "attention_key_value_gradient", .f32)
  /// The same for operands that are rounded to bf16 on tensor cores.
  static let attentionForwardRounded = attention(
    .forward, .attentionForward, "attention_forward_bf16", .bf16)
  static let attentionQueryGradientRounded = attention(
    .queryGradient, .attentionQueryGradient, "attention_query_gradient_bf16", .bf16)
  static let attentionKeyValueGradientRounded = attention(
    .keyValueGradient, .attentionKeyValueGradient, "attention_key_value_gradient_bf16", .bf16)

  private static func attention(
    _ pass: AttentionPass, _ file: KernelFile, _ name: String, _ precision: ActivationPrecision
  ) -> Tunable {
    let fragments =
      switch pass {
      case .forward: AttentionFragments.forwardCandidates(precision)
      case .queryGradient, .keyValueGradient: AttentionFragments.backwardCandidates(precision)
      }
    return Tunable(
      name, file, gpu: .attentionTiles + fragments,
      cpu: precision == .f32 ? .attentionTilesOfCPUs : [], precision: precision,
      otherShapes: { trial, shape throws(ComputeError) in
        let step = try AttentionTrial(trial, shape, precision)
        try step.run(pass, timing: pass.entries)
      }
    ) { trial throws(ComputeError) in
      let shape = AttentionTrialShape(heads: trial.sizes.heads)
      try AttentionTrial(trial, shape, precision).run(pass, timing: pass.entries)
    }
  }
}
