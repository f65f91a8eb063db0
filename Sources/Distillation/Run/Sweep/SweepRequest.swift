/// A request for a sweep: one run for each method and number of pseudo-tokens, against one teacher.
package struct SweepRequest: Sendable {
  /// The run, whose method and tokens the sweep varies; its output holds all.
  package var run: RunRequest
  /// The methods, each of which is swept by itself.
  package var methods: [TrainingOptions.Method]
  /// The numbers of pseudo-tokens, in any order.
  package var tokens: [Int]
  /// The largest held-out KL of a prompt that is delivered; nil delivers the one with the lowest.
  package var budget: Double?

  /// A request.
  ///
  /// - Throws: where a run would be there twice, the budget is negative, or nothing is held out.
  package init(
    run: RunRequest, methods: [TrainingOptions.Method], tokens: [Int], budget: Double?
  ) throws(DistillationError) {
    self.run = run
    self.methods = methods
    self.tokens = tokens
    self.budget = budget
    try Self.check(methods: methods, tokens: tokens, budget: budget, validation: run.validation)
  }

  /// The runs: of each method the sizes in ascending order.
  var plans: [SweepPlan] {
    let (named, sizes) = (run.options.chosenInitialization, tokens.sorted())
    return methods.flatMap { method in
      sizes.indices.map { index in
        let origin: SweepPlan.Origin =
          if let named {
            .named(named)
          } else if index > 0 {
            .smaller(folder(method, sizes[index - 1]))
          } else {
            .smallest
          }
        return SweepPlan(
          folder: folder(method, sizes[index]), method: method, tokens: sizes[index],
          origin: origin)
      }
    }
  }

  /// The options of all runs, where those that start from a smaller one name no start.
  var options: [TrainingOptions] { run.options.swept(methods, tokens) }

  /// `tokens-8`, or `kv-8` where several methods are swept.
  private func folder(_ method: TrainingOptions.Method, _ tokens: Int) -> String {
    "\(methods.count > 1 ? method.rawValue : "tokens")-\(tokens)"
  }
}

/// One run of a sweep.
struct SweepPlan: Sendable, Equatable {
  /// Where a training starts.
  enum Origin: Sendable, Equatable {
    /// From the start that the user names, as all runs do.
    case named(Initialization)
    /// From the standard start: no run is smaller.
    case smallest
    /// From the prompt of the next smaller run, in this folder.
    case smaller(String)
    /// By attention matching, as the smallest run does. On the bundled handbook that begins and
    /// ends nearer than a smaller prompt with more rows of the context (Benchmarks/README.md).
    case matched
  }

  /// The name of its folder in the output.
  var folder: String
  var method: TrainingOptions.Method
  var tokens: Int
  var origin: Origin

  /// Where the training starts, and why.
  ///
  /// - Parameters:
  ///   - initialization: the start of the run.
  ///   - hasContext: whether there is a context.
  func start(_ initialization: Initialization, hasContext: Bool) -> String {
    switch origin {
    case .named: "\(initialization), which is named for all"
    case .smallest: "\(initialization), because none of its method is smaller"
    case .matched: "\(initialization), which begins nearer than a smaller prompt with more rows"
    case .smaller(let folder):
      "\(folder), with rows of the \(hasContext ? "context" : "vocabulary") behind its own"
    }
  }
}
