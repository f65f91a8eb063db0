import Distillation

extension ScheduleOptions {
  /// Checks that nothing is asked of the steps of a training without any.
  func checkWithoutSteps() throws(UsageError) {
    guard steps == 0 else { return }
    let standard = TrainingOptions.standard
    func changed<Value: Equatable>(_ value: Value, from standard: Value) -> String? {
      value == standard ? nil : "\(value)"
    }
    let given: KeyValuePairs = [
      "optimizer": changed(optimizer.rawValue, from: standard.optimizer.rawValue),
      "learning-rate": learningRate.map { "\($0)" },
      "learning-rate-keys": learningRateKeys.map { "\($0)" },
      "learning-rate-values": learningRateValues.map { "\($0)" },
      "schedule": changed(schedule.rawValue, from: standard.schedule.rawValue),
      "warmup": changed(warmup, from: standard.warmup),
      "weight-decay": changed(weightDecay, from: standard.weightDecay),
      "clip-norm": clipNorm.map { "\($0)" },
      "batch-size": changed(batchSize, from: standard.batchSize),
      "patience": patience.map { "\($0)" }, "evaluate-every": evaluateEvery.map { "\($0)" },
      "checkpoint-every": changed(checkpointEvery, from: Self.standardCheckpointEvery),
    ]
    for (name, value) in given {
      guard let value else { continue }
      throw UsageError(description: "--\(name): expected nothing with --steps 0, found \(value)")
    }
    if !shuffle { throw UsageError(description: "--no-shuffle: expected nothing with --steps 0") }
  }
}
