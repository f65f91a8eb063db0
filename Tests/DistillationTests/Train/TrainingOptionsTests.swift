import Distillation
import Foundation
import HuggingFace
import JSON
import Testing
import Weights

@Suite struct TrainingOptionsTests {
  @Test func recordHasTheNamesOfTheCommandLine() throws {
    var options = TrainingOptions()
    options.learningRate = 0.1
    options.teacherCache = .hidden
    options.initialization = .pooled
    options.templateVariables = try TemplateVariables(argument: "enable_thinking=false")
    let members = try options.members()
    #expect(members["learning-rate"] == .number(0.1))
    #expect(members["teacher-cache"] == .string("hidden"))
    #expect(members["init"] == .string("pooled"))
    #expect(members["batch-size"] == .integer(16))
    #expect(members["precision"] == .string("auto"))
    #expect(members["activations"] == .string("f32"))
    #expect(members["template-variable"] == .array([.string("enable_thinking=false")]))
    for name in ["clip-norm", "loss-on", "reconstruct", "regularize"] {
      #expect(members[name] == nil)
    }
  }

  @Test func precisionsReadBack() throws {
    for name in ["auto", "f32", "bf16", "f16", "q8_0", "q4_0"] {
      var options = TrainingOptions()
      options.precision = try #require(WeightPrecision(named: name))
      #expect(try options.members()["precision"] == .string(name))
      let data = try JSONEncoder().encode(options)
      #expect(try JSONDecoder().decode(TrainingOptions.self, from: data) == options)
    }
    for name in ["q4_k", "", "F32"] { #expect(WeightPrecision(named: name) == nil) }
  }

  @Test func recordReadsBack() throws {
    var options = TrainingOptions()
    options.initialization = .file(URL(fileURLWithPath: "/start.safetensors"))
    options.loss = .jensenShannon
    options.lossPart = .all
    (options.reconstruct, options.regularize) = (0.25, 0.5)
    options.epochs = 3
    options.patience = 2
    options.templateVariables = try TemplateVariables(argument: "mode=brief")
    let data = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(TrainingOptions.self, from: data) == options)
  }

  @Test func sharesLeaveSomeToTheInputs() throws {
    var options = TrainingOptions()
    (options.reconstruct, options.regularize) = (0.75, 0.25)
    expectError(
      "reconstruct: expected shares below 1 together, which leave some to the inputs with regularize "
        + "0.25, found 0.75"
    ) { try options.validate() }
    options.regularize = 1.5
    expectError("regularize: expected a share below 1, found 1.5") { try options.validate() }
    options.regularize = 0.25
    options.reconstruct = 0.5
    try options.validate()
    options.regularize = -0.5
    expectError("regularize: expected a number of 0 or more, found -0.5") {
      try options.validate()
    }
  }

  @Test func aChangedOptionIsNamed() throws {
    var options = TrainingOptions()
    options.seed = 4
    expectError(
      "checkpoint-8: started with seed 0, found 4; a resumed run keeps what it was started with"
    ) {
      try options.resuming(TrainingOptions(), keeping: [], checkpoint: "checkpoint-8")
    }
    options = TrainingOptions()
    options.clipNorm = 1
    expectError(
      "checkpoint-8: started with clip-norm its default, found 1; a resumed run keeps what it was "
        + "started with"
    ) {
      try options.resuming(TrainingOptions(), keeping: [], checkpoint: "checkpoint-8")
    }
    options = TrainingOptions()
    #expect(
      try options.resuming(options, keeping: [], checkpoint: "checkpoint-8") == options)
  }

  @Test(
    arguments: [
      (
        "temperature: expected a number from 1e-9 to 1e9, found 0.0", \TrainingOptions.temperature,
        0
      ),
      ("temperature: expected a number from 1e-9 to 1e9, found nan", \.temperature, Float.nan),
      ("temperature: expected a number from 1e-9 to 1e9, found 1e-45", \.temperature, 0x1p-149),
      ("temperature: expected a number from 1e-9 to 1e9, found 1e+38", \.temperature, 1e38),
      (
        "response-temperature: expected 0 or a number from 1e-9 to 1e9, found 1e-45",
        \.responseTemperature, 0x1p-149
      ),
      ("weight-decay: expected a number of 0 or more, found -1.0", \.weightDecay, -1),
    ] as [(String, WritableKeyPath<TrainingOptions, Float> & Sendable, Float)])
  func impossibleNumbersAreRefused(
    message: String, option: WritableKeyPath<TrainingOptions, Float> & Sendable, value: Float
  ) {
    var options = TrainingOptions()
    options[keyPath: option] = value
    expectError(message) { try options.validate() }
  }

  @Test(
    arguments: [
      ("tokens: expected 1 or more, found 0", \TrainingOptions.tokens),
      ("batch-size: expected 1 or more, found 0", \.batchSize),
      ("evaluate-every: expected 1 or more, found 0", \.evaluateEvery),
    ] as [(String, WritableKeyPath<TrainingOptions, Int> & Sendable)])
  func zeroIsRefused(message: String, option: WritableKeyPath<TrainingOptions, Int> & Sendable) {
    var options = TrainingOptions()
    options[keyPath: option] = 0
    expectError(message) { try options.validate() }
  }

  @Test func projectedServesForwardKLAlone() throws {
    var options = TrainingOptions()
    options.teacherCache = .projected
    try options.validate()
    options.loss = .reverseKL
    expectError(
      "teacher-cache: expected auto, logits or hidden with loss reverse-kl, found projected"
    ) {
      try options.validate()
    }
  }

  @Test func defaultLearningRateFollowsTheEmbeddings() {
    var options = TrainingOptions()
    let factor = TrainingOptions.defaultLearningRateFactor
    #expect(options.peakLearningRate(embeddingScale: 0.02) == factor * 0.02)
    options.learningRate = 0.3
    #expect(options.peakLearningRate(embeddingScale: 0.02) == 0.3)
  }

  @Test func epochsCountInSteps() throws {
    let order = BatchOrder(count: 10, batchSize: 4, isShuffled: true, seed: 0)
    var options = TrainingOptions()
    #expect(try options.totalSteps(order) == options.steps)
    options.epochs = 2
    #expect(try options.totalSteps(order) == 6)
    options.epochs = Int.max
    expectError("epochs: expected \(Int.max / 3) or fewer, found \(Int.max)") {
      try options.totalSteps(order)
    }
  }
}
