import Distillation
import JSON
import Testing

/// The options that a resumed run may change.
@Suite struct ResumedOptionsTests {
  /// Three steps per epoch.
  private let order = BatchOrder(count: 10, batchSize: 4, isShuffled: true, seed: 0)

  private func options(_ change: (inout TrainingOptions) -> Void) -> TrainingOptions {
    var options = TrainingOptions()
    change(&options)
    return options
  }

  private func check(_ now: TrainingOptions, against recorded: TrainingOptions) throws {
    try now.checkLength(against: recorded, order: order, step: 20, checkpoint: "checkpoint-20")
  }

  /// A run of no steps had no use for the options of steps.
  @Test func optionsOfStepsMayComeWithTheFirstStep() throws {
    let now = options {
      $0.optimizer = .sgd
      $0.learningRate = 0.5
      $0.schedule = .linear
      $0.batchSize = 4
      $0.shuffle = false
      $0.rollouts = 0.5
      $0.refreshEvery = 4
    }
    let without = options { $0.steps = 0 }
    #expect(try now.resuming(without, keeping: [], checkpoint: "checkpoint-0") == now)
    try now.checkLength(against: without, order: order, step: 0, checkpoint: "checkpoint-0")
    #expect(throws: DistillationError.self) {
      try now.resuming(TrainingOptions(), keeping: [], checkpoint: "checkpoint-20")
    }
  }

  /// The interval that the user leaves out is the recorded one, and none where there were no
  /// rollouts.
  @Test func anotherShareOfRolloutsIsNamedAlone() {
    let recorded = options {
      $0.rollouts = 0.5
      $0.refreshEvery = 4
    }
    for (before, share, message) in [
      (TrainingOptions(), Float(0.25), "rollouts its default, found 0.25"),
      (recorded, 0.25, "rollouts 0.5, found 0.25"),
      (recorded, 0, "rollouts 0.5, found its default"),
    ] {
      expectError(
        "checkpoint-20: started with \(message); a resumed run keeps what it was started with"
      ) {
        try options { $0.rollouts = share }
          .resuming(before, keeping: [], checkpoint: "checkpoint-20")
      }
    }
  }

  @Test func lengthPatienceAndEvaluationsMayChange() throws {
    let now = options {
      $0.steps = 400
      $0.patience = 3
      $0.evaluateEvery = 7
    }
    #expect(
      try now.resuming(TrainingOptions(), keeping: [], checkpoint: "checkpoint-20") == now)
    #expect(
      now.changes(from: TrainingOptions(), at: 20) == [
        OptionChange(step: 20, before: .init(.steps, 200), after: .init(.steps, 400)),
        OptionChange(step: 20, before: .init(.patience, nil), after: .init(.patience, 3)),
        OptionChange(step: 20, before: .init(.evaluateEvery, 20), after: .init(.evaluateEvery, 7)),
      ])
    #expect(now.changes(from: now, at: 20).isEmpty)
  }

  /// Earlier programs recorded options with the dashes of the command line.
  @Test(arguments: [
    ("steps 200", OptionSetting(.steps, 200)), ("no patience", OptionSetting(.patience, nil)),
    ("--evaluate-every 7", OptionSetting(.evaluateEvery, 7)),
    ("no --patience", OptionSetting(.patience, nil)),
  ])
  func recordedSettingsAreRead(text: String, setting: OptionSetting) throws {
    let found = try JSON(parsing: Array("[\"\(text)\"]".utf8)).decode([OptionSetting].self)
    #expect(found == [setting])
    #expect(setting.text { "--\($0)" }.contains("--"))
    let again = try JSON(encoding: found).decode([OptionSetting].self)
    #expect(again == found)
  }

  @Test func optionsLeftOutAreKept() throws {
    let recorded = options {
      $0.epochs = 9
      $0.patience = 3
      $0.evaluateEvery = 7
    }
    let all = Set(TrainingOptions.Resumable.allCases)
    #expect(
      try TrainingOptions().resuming(recorded, keeping: all, checkpoint: "checkpoint-20")
        == recorded)
    #expect(
      try TrainingOptions().resuming(recorded, keeping: [], checkpoint: "checkpoint-20")
        == TrainingOptions())
  }

  /// Nobody may have named an option that has its default, whichever it is.
  @Test func aDefaultIsNamedAsSuch() throws {
    func refuse(_ message: String, _ change: (inout TrainingOptions) -> Void) throws {
      let recorded = options(change)
      expectError(
        "checkpoint-20: started with \(message); a resumed run keeps what it was started with"
      ) {
        try TrainingOptions().resuming(recorded, keeping: [], checkpoint: "checkpoint-20")
      }
    }
    try refuse("tokens 8, found its default, 16") { $0.tokens = 8 }
    try refuse("loss \"js\", found its default, \"forward-kl\"") { $0.loss = .jensenShannon }
    try refuse("clip-norm 1, found its default") { $0.clipNorm = 1 }
  }

  /// Programs before recorded f32, which was the default then.
  @Test func thePrecisionOfBeforeIsKept() throws {
    let recorded = options { $0.precision = .f32 }
    #expect(
      try TrainingOptions().resuming(recorded, keeping: [], checkpoint: "checkpoint-20")
        == recorded)
    #expect(throws: DistillationError.self) {
      try options { $0.precision = .bf16 }.resuming(
        recorded, keeping: [], checkpoint: "checkpoint-20")
    }
  }

  @Test func aTrainingMayBecomeLonger() throws {
    let recorded = options { $0.steps = 20 }
    try check(options { $0.steps = 21 }, against: recorded)
    try check(options { $0.epochs = 7 }, against: recorded)
    try check(recorded, against: recorded)
  }

  @Test func aTrainingEndsAfterTheStepsThatAreDone() throws {
    expectError(
      "steps: expected a training of more than the 20 steps that are done, found 20 steps"
    ) { try check(options { $0.steps = 20 }, against: TrainingOptions()) }
    expectError(
      "epochs: expected a training of more than the 20 steps that are done, found 18 steps"
    ) { try check(options { $0.epochs = 6 }, against: TrainingOptions()) }
  }

  @Test func oneStepIsNoPlural() {
    expectError(
      "steps: expected a training of more than the 1 step that is done, found 1 step"
    ) {
      try options { $0.steps = 1 }
        .checkLength(
          against: TrainingOptions(), order: order, step: 1, checkpoint: "checkpoint-1")
    }
  }

  @Test(arguments: [LearningRateSchedule.Kind.linear, .cosine])
  func ratesThatFallToTheEndKeepTheirLength(schedule: LearningRateSchedule.Kind) throws {
    let recorded = options {
      $0.steps = 21
      $0.schedule = schedule
    }
    var now = recorded
    now.epochs = 7
    try check(now, against: recorded)
    now.epochs = 8
    expectError(
      "checkpoint-20: started for 21 steps, found 24; schedule \(schedule.rawValue) depends on their "
        + "number, so the steps that are done had other rates; only constant can continue"
    ) { try check(now, against: recorded) }
  }
}
