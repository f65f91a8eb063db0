import Files
import Foundation

extension SweepRequest {
  /// Checks what single runs cannot know, as far as it follows from options alone.
  ///
  /// - Parameters:
  ///   - methods: the methods.
  ///   - tokens: the numbers of pseudo-tokens.
  ///   - budget: the largest KL of a prompt that is delivered; nil for none.
  ///   - validation: the held-out examples.
  /// - Throws: where a run would be there twice, the budget is negative, or nothing is held out.
  package static func check(
    methods: [TrainingOptions.Method], tokens: [Int], budget: Double?,
    validation: RunRequest.Validation
  ) throws(DistillationError) {
    let twice = Dictionary(grouping: tokens) { $0 }.first { $0.value.count > 1 }
    if let twice {
      throw .option(.tokens, expected: "different numbers", found: "\(twice.key) twice")
    }
    guard Set(methods).count == methods.count else {
      throw .option(.method, expected: "different methods", found: "one twice")
    }
    if let budget, !(budget >= 0 && budget.isFinite) {
      throw .option(.klBudget, expected: "a number of 0 or more", found: "\(budget)")
    }
    if validation == .none { throw withoutHeldOut(methods: methods, tokens: tokens) }
  }

  /// The error of a sweep without held-out examples.
  var withoutHeldOut: DistillationError { Self.withoutHeldOut(methods: methods, tokens: tokens) }

  private static func withoutHeldOut(
    methods: [TrainingOptions.Method], tokens: [Int]
  ) -> DistillationError {
    .withoutValidation(tokens.count > 1 ? .tokens : .method)
  }

  /// Makes this the continuation of a sweep: it keeps the start that was named, and has all runs
  /// that it had; more may be added.
  ///
  /// - Parameter isWriting: whether this rank compares the adapter of the start, which others may
  ///   not have any more.
  mutating func resume(_ recorded: SweepRecord, isWriting: Bool) throws(DistillationError) {
    let named = run.options.chosenInitialization
    let mayBe = named?.mayBe(recorded.initialization, digest: recorded.startDigest) ?? false
    if let named, named.description != recorded.initialization?.description, !mayBe {
      throw .changedSinceCheckpoint(
        checkpoint: run.output.path, item: .option(OptionName.initialization.rawValue),
        recorded: recorded.initialization?.description ?? "its default", found: "\(named)")
    }
    run.options.chosenInitialization = mayBe ? named : recorded.initialization
    if isWriting {
      try run.options.chosenInitialization?.check(
        digest: recorded.startDigest, of: recorded.initialization, checkpoint: run.output.path)
    }
    run.price = run.price ?? recorded.price
    let (before, now) = (recorded.members.map(\.folder), plans.map(\.folder))
    guard before.allSatisfy(now.contains) else {
      throw .changedSinceCheckpoint(
        checkpoint: run.output.path, item: .input("the runs"),
        recorded: before.joined(separator: ", "), found: now.joined(separator: ", "))
    }
  }

  /// The options of the first run that was begun; nil before there is one.
  private var begunOptions: TrainingOptions? {
    for plan in plans {
      let folder = run.output.appending(path: plan.folder)
      if let newest = RunFolder.newestCheckpoint(in: folder),
        let state = try? TrainingCheckpoint.state(in: newest.url)
      {
        return state.options
      }
    }
    return nil
  }

  /// The request of one run. A run that was begun goes on from its checkpoint, with the start that
  /// it has recorded. One that is added to a sweep takes what is left out from those before it.
  func member(_ plan: SweepPlan) -> RunRequest {
    var member = run
    member.output = run.output.appending(path: plan.folder)
    member.options.method = plan.method
    member.options.tokens = plan.tokens
    member.sweptTokens = tokens.max() ?? 0
    let isBegun =
      run.mode == .resume && RunFolder.newestCheckpoint(in: member.output) != nil
    if isBegun {
      member.mode = .resume
      member.options.chosenInitialization = nil
    } else {
      if run.mode == .resume, let begun = begunOptions {
        member.options.keep(run.kept, of: begun)
      }
      member.mode =
        FileManager.default.fileExists(atPath: member.output.path) ? .overwrite : .create
    }
    if case .smaller(let folder) = plan.origin, !isBegun {
      member.options.chosenInitialization = .file(run.output.appending(path: folder))
      member.awaitsStart = true
    }
    return member
  }
}

extension DistillationRun {
  /// The folder of the results.
  var output: URL { run.url }

  /// Whether a run that is resumed has written its results already, with these options.
  var isDone: Bool {
    guard checkpoint != nil,
      let metrics = try? RecordCoding.decode(
        RunMetrics.self, from: output.appending(path: RunFolder.metrics))
    else { return false }
    return metrics.origin?.options == options
  }

  /// Whether the run has a folder already.
  var hasFolder: Bool { FileManager.default.fileExists(atPath: output.path) }
}
