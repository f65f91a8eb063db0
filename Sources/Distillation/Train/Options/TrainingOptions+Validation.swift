internal import Compute
import HuggingFace
import JSON
internal import Transformer

extension TrainingOptions {
  /// Checks every value by itself and against the others.
  ///
  /// - Throws: ``DistillationError/option(_:expected:found:)`` for the first invalid value.
  package func validate() throws(DistillationError) {
    try Self.require(.tokens, tokens, atLeast: 1)
    guard Temperature.range.contains(temperature) else {
      throw .option(.temperature, expected: Temperature.expected, found: "\(temperature)")
    }
    if let learningRate { try Self.require(.learningRate, learningRate, isAbove: 0) }
    if let keyLearningRate { try Self.require(.learningRateKeys, keyLearningRate, atLeast: 0) }
    if let valueLearningRate {
      try Self.require(.learningRateValues, valueLearningRate, isAbove: 0)
    }
    if let clipNorm { try Self.require(.clipNorm, clipNorm, isAbove: 0) }
    try Self.require(.weightDecay, weightDecay, atLeast: 0)
    guard Temperature.isSampling(responseTemperature) else {
      throw .option(
        .responseTemperature, expected: Temperature.expectedSampling,
        found: "\(responseTemperature)")
    }
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
    try validateRollouts()
  }

  private func validateRollouts() throws(DistillationError) {
    guard (0...1).contains(rollouts) else {
      throw .option(.rollouts, expected: "a share from 0 to 1", found: "\(rollouts)")
    }
    guard rollouts > 0 else {
      guard let refreshEvery else { return }
      throw .option(
        .refreshEvery, expected: "nothing without a share of rollouts", found: "\(refreshEvery)")
    }
    if let refreshEvery { try Self.require(.refreshEvery, refreshEvery, atLeast: 1) }
    if epochs == nil && steps == 0 {
      throw .optionConflict(
        .rollouts, expected: "0", with: .steps, value: "0", found: "\(rollouts)")
    }
    // The student's own tokens are no targets.
    let other: (name: OptionName, value: String)? =
      loss == .crossEntropy
      ? (.loss, loss.rawValue)
      : mixCrossEntropy > 0
        ? (.mixCrossEntropy, "\(mixCrossEntropy)")
        : lossPart == .all ? (.lossOn, lossPart.rawValue) : nil
    if let other {
      throw .optionConflict(
        .rollouts, expected: "0", with: other.name, value: other.value, found: "\(rollouts)")
    }
  }

  /// Checks that the rate reaches its peak within a training of so many steps.
  func checkWarmup(totalSteps: Int) throws(DistillationError) {
    guard warmup > totalSteps else { return }
    throw .option(
      .warmup, expected: "at most the \(Counted(totalSteps, "step")) of the training",
      found: "\(warmup)")
  }

  /// Checks what a teacher that is another model leaves of the options.
  ///
  /// - Parameter teacher: its name.
  /// - Throws: ``DistillationError/optionConflict(_:expected:with:value:found:)`` where its
  ///   distribution is not learned, or cannot be kept in the chosen form.
  package func check(teacher: String) throws(DistillationError) {
    if loss == .crossEntropy {
      throw .optionConflict(
        .teacher, expected: "none, because no model's distribution is learned,", with: .loss,
        value: loss.rawValue, found: teacher)
    }
    if teacherCache == .hidden {
      throw .optionConflict(
        .teacherCache, expected: "auto, logits or projected", with: .teacher,
        value: teacher, found: "hidden, which the student's head cannot read")
    }
  }

  /// Checks what a student leaves of the options that cannot read the context.
  ///
  /// - Parameters:
  ///   - contextRows: tokens of the context with the longest example.
  ///   - student: the student's configuration, of fewer positions.
  func check(contextRows: Int, of student: DecoderConfiguration) throws(DistillationError) {
    guard method == .keysValues else { return }
    throw .option(
      .method,
      expected: "embeddings, since keys and values start from the student's own reading of "
        + "\(Counted(contextRows, "token")) and it has "
        + Counted(student.maximumPositions, "position").description, found: method.rawValue)
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
      let starts =
        Initialization.names(for: method) + ["an adapter's folder", "a .safetensors file"]
      throw .optionConflict(
        .initialization, expected: "\(Listed(starts))",
        with: .method, value: method.rawValue, found: "\(initialization)")
    }
    let rates = [
      (OptionName.learningRateKeys, keyLearningRate),
      (OptionName.learningRateValues, valueLearningRate),
    ]
    if let learningRate, keyLearningRate != nil, valueLearningRate != nil {
      throw .option(
        .learningRate, expected: "nothing beside the rates of keys and of values",
        found: "\(learningRate)")
    }
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
