import Compute
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

@testable import Distillation

extension DeviceTests {
  /// The student's answers, and steps on them: as if they had been given.
  @Suite struct RolloutsTests {
    typealias Shared = FamilyDistillationTests

    /// Examples of one span; the second one is longer.
    static let examples = [
      Shared.example, Example(prompt: [4, 90, 11, 62, 8, 19, 55], response: [8, 70, 12, 55, 31]),
      Example(prompt: [33, 2], response: [1, 2]),
    ]
    static let limit = 6

    /// A golden model with a teacher of one span, and a prompt.
    struct Run {
      let decoder: Decoder
      let teacher: Teacher
      let prompt: LearnedPrompt

      init(_ family: String, isKeysValues: Bool = false, on device: Device) throws {
        let folder = URL(fileURLWithPath: #filePath)
          .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
          .deletingLastPathComponent().appending(path: "Golden/families/\(family)")
        decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
        let model = try decoder.prefill(
          Prefix(Shared.frame, .context(Shared.context)), capacity: PrefixCapacity(rows: 64))
        teacher = Teacher(model)
        prompt =
          isKeysValues
          ? try model.keysValues(of: 1..<6)
          : LearnedPrompt(
            embeddings: try decoder.embeddings(of: Array(Shared.context.prefix(5))),
            width: decoder.configuration.hiddenSize)
      }

      /// The teacher's cache of the examples, with space for rollouts.
      func cache(_ kind: TeacherCacheKind, prompts: Int) throws -> TeacherCache {
        let space = RolloutSpace(
          for: examples, limits: examples.map { _ in limit }, prompts: prompts)
        let cache = try TeacherCache(
          of: examples, for: decoder, kind: kind, temperature: 1, rolloutSpace: space)
        try teacher.read(0).score(cache, span: 0)
        return cache
      }

      func plan(_ share: Float, every interval: Int, batchSize: Int) -> RolloutPlan {
        RolloutPlan(
          share: share, interval: interval, order: order(batchSize),
          spans: examples.map(\.span), seed: 11)
      }

      func order(_ batchSize: Int) -> BatchOrder {
        BatchOrder(
          count: examples.count, batchSize: batchSize, isShuffled: true, seed: 11)
      }

      func rollouts(_ plan: RolloutPlan, _ cache: TeacherCache) throws -> Rollouts {
        try Rollouts(
          plan, teacher: teacher, cache: cache, prefix: Prefix(Shared.frame, .prompt(prompt)),
          stopIdentifiers: [50, 51, 52, 53, 54])
      }

      func distiller(
        _ cache: TeacherCache, _ form: DivergenceForm, batchSize: Int
      ) throws -> Distiller {
        try Distiller(
          decoder, teacher: cache, prompt: prompt, in: Shared.frame, batchSize: batchSize,
          objective: Objective(form, temperature: 1), optimizer: .adamW(), clipNorm: nil)
      }
    }

    @Test(arguments: TestDevice.all)
    func aStepOnRolloutsIsAStepOnGivenExamples(on name: TestDevice) throws {
      let device = try name.open()
      for (form, kind) in [
        (DivergenceForm.reverseKL, TeacherCacheKind.logits), (.jensenShannon, .hidden),
        (.forwardKL, .projected),
      ] {
        try checkStep(Run("llama", on: device), form, kind)
        try checkStep(Run("llama", isKeysValues: true, on: device), form, kind)
      }
      try checkStep(Run("phi3-longrope", on: device), .reverseKL, .hidden)
    }

    private func checkStep(_ run: Run, _ form: DivergenceForm, _ kind: TeacherCacheKind) throws {
      let comment = Comment(rawValue: "\(form), \(kind), \(run.prompt.form)")
      let cache = try run.cache(kind, prompts: 3)
      let rollouts = try run.rollouts(run.plan(1, every: 2, batchSize: 3), cache)
      let distiller = try run.distiller(cache, form, batchSize: 3)
      let refresh = try #require(
        try rollouts.refresh(before: 1, with: distiller.parameters), comment)
      #expect(refresh.prompts == [0, 1, 2] && refresh.answers.count == 3)
      #expect(refresh.answers.allSatisfy { (1...Self.limit).contains($0.count) })
      let chosen = rollouts.answers(1, to: [2, 0, 1])
      #expect(chosen.allSatisfy { $0 >= 3 })
      try distiller.step(1, examples: chosen, learningRate: 0)
      let report = try #require(try distiller.takeReports().first)
      #expect(report.rollouts == 3)
      #expect(report.responseTokens == refresh.tokens)

      // The same prompts and answers, as examples of a file.
      let given = zip(Self.examples, refresh.answers).map {
        Example(prompt: $0.prompt, response: $1)
      }
      let plain = try run.distiller(
        run.teacher.read(0).score(given, kind: kind, temperature: 1), form, batchSize: 3)
      try plain.step(1, examples: [2, 0, 1], learningRate: 0)
      let expected = try #require(try plain.takeReports().first)
      #expect(report.loss == expected.loss && report.loss > 0, comment)
      #expect(report.inputTokens == expected.inputTokens && expected.rollouts == 0)
      let gradient = try distiller.parameters.downloadGradient()
      #expect(try gradient == plain.parameters.downloadGradient(), comment)
      #expect(gradient.contains { $0 != 0 })
    }

    /// The student samples at temperature 1 with its present prompt, from the plan's seed.
    @Test func answersAreSampledWithThePresentPrompt() throws {
      let run = try Run("llama", on: TestDevice.cpu.open())
      let cache = try run.cache(.hidden, prompts: 3)
      let plan = run.plan(0.67, every: 2, batchSize: 3)
      let rollouts = try run.rollouts(plan, cache)
      let distiller = try run.distiller(cache, .reverseKL, batchSize: 3)
      for step in [1, 3] {
        let refresh = try #require(
          try rollouts.refresh(before: step, with: distiller.parameters))
        let planned = plan.refresh(before: step)
        #expect(refresh.prompts == planned.prompts && planned.prompts.count == 2)
        let student = try run.decoder.prefill(
          Prefix(Shared.frame, .prompt(distiller.snapshot().prompt)),
          capacity: PrefixCapacity(rows: 64))
        let expected = try student.generate(
          planned.prompts.map { Self.examples[$0].prompt },
          options: GenerationOptions(
            maximumTokens: Self.limit, temperature: 1, seed: planned.seed,
            stopIdentifiers: [50, 51, 52, 53, 54]), numbers: planned.prompts)
        #expect(refresh.answers == expected)
        for answered in step...(step + 1) {
          try distiller.step(
            answered, examples: rollouts.answers(answered, to: [0, 1, 2]), learningRate: 0.3)
        }
      }
      #expect(try distiller.snapshot().prompt != run.prompt)
    }

    /// What is brought back, after more refreshes than the memory holds, gives steps of the same
    /// bits.
    @Test(arguments: [TeacherCacheKind.logits, .hidden])
    func restoredRolloutsAreScoredToTheSameBits(kind: TeacherCacheKind) throws {
      let run = try Run("llama", on: TestDevice.cpu.open())
      let plan = run.plan(0.5, every: 1, batchSize: 2)
      let cache = try run.cache(kind, prompts: plan.mostPrompts)
      let rollouts = try run.rollouts(plan, cache)
      let distiller = try run.distiller(cache, .jensenShannon, batchSize: 2)
      var refreshes: [RolloutRefresh] = []
      for step in 1...12 {
        refreshes.append(
          try #require(try rollouts.refresh(before: step, with: distiller.parameters)))
        try distiller.step(
          step, examples: rollouts.answers(step, to: run.order(2).batch(step)),
          learningRate: 0.05)
      }
      let (prompt, moments) = try distiller.snapshot()
      let other = try run.cache(kind, prompts: plan.mostPrompts)
      let restored = try run.rollouts(plan, other)
      try restored.restore(refreshes)
      #expect(cache.rollouts == other.rollouts && !other.rollouts.isEmpty)
      #expect(other.rollouts.count < refreshes.reduce(0) { $0 + $1.answers.count })
      let resumed = try run.distiller(other, .jensenShannon, batchSize: 2)
      try resumed.restore(prompt, moments: moments)
      for step in 13...20 {
        for (training, answers) in [(distiller, rollouts), (resumed, restored)] {
          _ = try answers.refresh(before: step, with: training.parameters)
          try training.step(
            step, examples: answers.answers(step, to: run.order(2).batch(step)),
            learningRate: 0.05)
        }
      }
      #expect(try resumed.snapshot().prompt == distiller.snapshot().prompt)
      let losses = try [distiller, resumed].map { try $0.takeReports().suffix(8).map(\.loss) }
      #expect(losses[0] == losses[1])
    }

    @Test func anInterruptionLeavesNoRollouts() throws {
      let run = try Run("llama", on: TestDevice.cpu.open())
      let cache = try run.cache(.hidden, prompts: 3)
      let rollouts = try run.rollouts(run.plan(1, every: 1, batchSize: 3), cache)
      let distiller = try run.distiller(cache, .reverseKL, batchSize: 3)
      var tokens = 0
      let refresh = try rollouts.refresh(
        before: 1, with: distiller.parameters, isInterrupted: { tokens > 2 },
        progress: { _, made, _ in tokens = made })
      #expect(refresh == nil && cache.rollouts.isEmpty)
      // A few tokens of each answer at most.
      #expect(tokens <= 6)
    }
  }
}
