extension TrainingOptions {
  /// Checks every value by itself and against the others.
  ///
  /// - Throws: ``DistillationError/option(name:expected:found:)`` for the first that cannot be.
  package func validate() throws(DistillationError) {
    try Self.require("tokens", tokens, atLeast: 1)
    try Self.require("temperature", temperature, isAbove: 0)
    if let learningRate { try Self.require("learning-rate", learningRate, isAbove: 0) }
    if let clipNorm { try Self.require("clip-norm", clipNorm, isAbove: 0) }
    try Self.require("weight-decay", weightDecay, atLeast: 0)
    try Self.require("response-temperature", responseTemperature, atLeast: 0)
    try Self.require("warmup", warmup, atLeast: 0)
    try Self.require("steps", steps, atLeast: 1)
    if let epochs { try Self.require("epochs", epochs, atLeast: 1) }
    try Self.require("batch-size", batchSize, atLeast: 1)
    if let patience { try Self.require("patience", patience, atLeast: 1) }
    try Self.require("evaluate-every", evaluateEvery, atLeast: 1)
    try Self.require("response-tokens", responseTokens, atLeast: 1)
    if teacherCache == .projected && loss != .forwardKL {
      throw .option(
        name: "teacher-cache",
        expected: "auto, logits or hidden with --loss \(loss.rawValue)", found: "projected")
    }
  }

  private static func require(
    _ name: String, _ value: Int, atLeast least: Int
  ) throws(DistillationError) {
    guard value >= least else {
      throw .option(name: name, expected: "\(least) or more", found: "\(value)")
    }
  }

  private static func require(
    _ name: String, _ value: Float, atLeast least: Float
  ) throws(DistillationError) {
    guard value >= least && value.isFinite else {
      throw .option(name: name, expected: "a number of 0 or more", found: "\(value)")
    }
  }

  private static func require(
    _ name: String, _ value: Float, isAbove least: Float
  ) throws(DistillationError) {
    guard value > least && value.isFinite else {
      throw .option(name: name, expected: "a number above 0", found: "\(value)")
    }
  }
}
