extension TrainingOptions {
  /// Checks every value by itself and against the others.
  ///
  /// - Throws: ``DistillationError/option(_:expected:found:)`` for the first invalid value.
  package func validate() throws(DistillationError) {
    try Self.require(.tokens, tokens, atLeast: 1)
    try Self.require(.temperature, temperature, isAbove: 0)
    if let learningRate { try Self.require(.learningRate, learningRate, isAbove: 0) }
    if let keyLearningRate { try Self.require(.learningRateKeys, keyLearningRate, atLeast: 0) }
    if let valueLearningRate {
      try Self.require(.learningRateValues, valueLearningRate, isAbove: 0)
    }
    if let clipNorm { try Self.require(.clipNorm, clipNorm, isAbove: 0) }
    try Self.require(.weightDecay, weightDecay, atLeast: 0)
    try Self.require(.responseTemperature, responseTemperature, atLeast: 0)
    try Self.require(.warmup, warmup, atLeast: 0)
    try Self.require(.steps, steps, atLeast: 0)
    if let epochs { try Self.require(.epochs, epochs, atLeast: 1) }
    try Self.require(.batchSize, batchSize, atLeast: 1)
    if let patience { try Self.require(.patience, patience, atLeast: 1) }
    try Self.require(.evaluateEvery, evaluateEvery, atLeast: 1)
    try Self.require(.responseTokens, responseTokens, atLeast: 1)
    try Self.require(.reconstruct, reconstruct, atLeast: 0)
    try Self.require(.regularize, regularize, atLeast: 0)
    for (name, share) in [(OptionName.reconstruct, reconstruct), (.regularize, regularize)]
    where share >= 1 {
      throw .option(name, expected: "a share below 1", found: "\(share)")
    }
    guard reconstruct + regularize < 1 else {
      throw .optionConflict(
        .reconstruct, expected: "shares below 1 together, which leave some to the inputs",
        with: .regularize, value: "\(regularize)", found: "\(reconstruct)")
    }
    if teacherCache == .projected && loss != .forwardKL {
      throw .optionConflict(
        .teacherCache, expected: "auto, logits or hidden", with: .loss, value: loss.rawValue,
        found: "projected")
    }
    try validateCrossEntropy()
    try validateMethod()
  }

  private func validateCrossEntropy() throws(DistillationError) {
    guard (0..<1).contains(mixCrossEntropy) else {
      throw .option(
        .mixCrossEntropy, expected: "a share from 0 to below 1", found: "\(mixCrossEntropy)")
    }
    if mixCrossEntropy > 0 && loss != .forwardKL {
      throw .optionConflict(
        .mixCrossEntropy, expected: "0", with: .loss, value: loss.rawValue,
        found: "\(mixCrossEntropy)")
    }
    if loss == .crossEntropy && teacherCache != .auto {
      throw .optionConflict(
        .teacherCache, expected: "auto", with: .loss, value: loss.rawValue,
        found: teacherCache.rawValue)
    }
    guard temperature != 1 else { return }
    if loss == .crossEntropy {
      throw .optionConflict(
        .temperature, expected: "1", with: .loss, value: loss.rawValue, found: "\(temperature)")
    }
    if mixCrossEntropy > 0 {
      throw .optionConflict(
        .temperature, expected: "1", with: .mixCrossEntropy, value: "\(mixCrossEntropy)",
        found: "\(temperature)")
    }
  }

  private func validateMethod() throws(DistillationError) {
    if !initialization.suits(method) {
      throw .optionConflict(
        .initialization,
        expected:
          "\(Initialization.names(for: method).joined(separator: ", ")), an adapter's folder or a .safetensors file",
        with: .method, value: method.rawValue, found: "\(initialization)")
    }
    let rates = [
      (OptionName.learningRateKeys, keyLearningRate),
      (OptionName.learningRateValues, valueLearningRate),
    ]
    for (name, rate) in rates where method != .keysValues {
      guard let rate else { continue }
      throw .optionConflict(
        name, expected: "nothing", with: .method, value: method.rawValue, found: "\(rate)")
    }
  }

  private static func require(
    _ name: OptionName, _ value: Int, atLeast least: Int
  ) throws(DistillationError) {
    guard value >= least else {
      throw .option(name, expected: "\(least) or more", found: "\(value)")
    }
  }

  private static func require(
    _ name: OptionName, _ value: Float, atLeast least: Float
  ) throws(DistillationError) {
    guard value >= least && value.isFinite else {
      throw .option(name, expected: "a number of 0 or more", found: "\(value)")
    }
  }

  private static func require(
    _ name: OptionName, _ value: Float, isAbove least: Float
  ) throws(DistillationError) {
    guard value > least && value.isFinite else {
      throw .option(name, expected: "a number above 0", found: "\(value)")
    }
  }
}
