internal import Compute
package import Inference
internal import Ranks
package import Transformer

/// On-policy distillation: answers that the student samples at temperature 1 with its present
/// prompt, which the teacher scores once, as it scored the recorded answers (Agarwal et al. 2024,
/// arXiv:2306.13649; arXiv:2602.12275).
///
///     plan --> student's answers --> teacher's rows in the cache --> batches of answers of all
///     ages
///
/// The teacher, with the keys and values of the context, and the memory for many answers at a time
/// stay on the device during the training. Of several ranks each answers its share of the prompts,
/// and its teacher scores a share of the answers, of which it keeps the rows; all have all answers.
package final class Rollouts {
  private let plan: RolloutPlan
  private let teacher: Teacher
  private let cache: TeacherCache
  private let student: PrefixedDecoder
  private let limits: [Int]
  private let stopIdentifiers: Set<Int>
  private var memory: RolloutMemory

  private var ranks: Ranks { cache.shares.ranks }

  /// The rows of the student's KV cache are about so many at most, whatever memory is free: how
  /// many answers are written together changes the last digits of their logits, and a resumed run
  /// has to draw the same tokens.
  private static let answerRows = 4096

  /// Allocates the memory of the student's answers.
  ///
  /// - Parameters:
  ///   - plan: which prompts are answered, and when.
  ///   - teacher: the model that reads the context.
  ///   - cache: the teacher's cache of the training examples, with rows for rollouts.
  ///   - prefix: header and closing around a prompt of the student's form.
  ///   - stopIdentifiers: tokens that end an answer.
  /// - Throws: allocation errors.
  package init(
    _ plan: RolloutPlan, teacher: Teacher, cache: TeacherCache, prefix: Prefix,
    stopIdentifiers: Set<Int>
  ) throws(TransformerError) {
    self.plan = plan
    self.teacher = teacher
    self.cache = cache
    self.stopIdentifiers = stopIdentifiers
    limits = cache.rolloutSpace.limits
    memory = RolloutMemory(
      capacity: cache.rolloutSpace.rows, firstIndex: cache.examples.count)
    // Those of an earlier training with the same teacher.
    cache.removeRollouts()
    let decoder = cache.student
    let longest = zip(cache.examples, limits).map { $0.prompt.count + $1 }.max() ?? 1
    let ranks = cache.shares.ranks.count
    let capacity = PrefixCapacity(
      longest: longest, answers: (plan.mostPrompts + ranks - 1) / ranks, mostRows: Self.answerRows)
    student = try PrefixedDecoder(
      decoder, prefix: prefix, capacity: capacity,
      workspace: decoder.workspace(prefixRows: prefix.rows, capacity: capacity))
  }

  /// Whether prompts are answered before a step; steps count from 1.
  package func isRefreshed(before step: Int) -> Bool { plan.isRefreshed(before: step) }

  /// Answers the prompts of the next steps with the present prompt, and lets the teacher score the
  /// answers.
  ///
  /// - Parameters:
  ///   - step: the next step, which begins a refresh.
  ///   - parameters: the present prompt.
  ///   - isInterrupted: called after every token of the answers; true on any rank ends the work of
  ///     all, once each has its answers.
  ///   - progress: called with the phase, what of it is done, and its most.
  /// - Returns: the answers; nil where the work was interrupted.
  package func refresh(
    before step: Int, with parameters: PromptParameters, isInterrupted: () -> Bool = { false },
    progress: (RunEvent.Phase, Int, Int) -> Void = { _, _, _ in }
  ) throws(TransformerError) -> RolloutRefresh? {
    let planned = plan.refresh(before: step)
    let begin = ContinuousClock.now
    try student.prefill(prompt: parameters.values)
    let shares = ExampleShares(ofSpans: planned.prompts.map { _ in 0 }, ranks)
    let own = shares.own.map { planned.prompts[$0] }
    let answers = try student.generate(
      own.map { cache.examples[$0].prompt },
      options: GenerationOptions(
        maximumTokens: 0, temperature: 1, seed: planned.seed, stopIdentifiers: stopIdentifiers),
      limits: own.map { limits[$0] }, numbers: own,
      progress: { progress(.rollouts, $0, $1) }, isCancelled: isInterrupted)
    if ranks.gather([isInterrupted()]).contains([true]) { return nil }
    var refresh = RolloutRefresh(
      step: step, prompts: planned.prompts, answers: shares.gather(lists: answers))
    let answered = ContinuousClock.now
    refresh.answerSeconds = (answered - begin).inSeconds
    place(refresh)
    try score(Array(memory.kept.suffix(1)), progress)
    refresh.scoreSeconds = (ContinuousClock.now - answered).inSeconds
    return refresh
  }

  /// Brings back the rollouts of earlier steps: those that are still in memory are scored again, in
  /// the same groups and so to the same bits.
  ///
  /// - Parameters:
  ///   - refreshes: all refreshes since the first step, in their order.
  ///   - progress: called with the phase, what of it is done, and its most.
  package func restore(
    _ refreshes: [RolloutRefresh],
    progress: (RunEvent.Phase, Int, Int) -> Void = { _, _, _ in }
  ) throws(TransformerError) {
    for refresh in refreshes { place(refresh) }
    try score(memory.kept, progress)
  }

  /// The answers that a step takes, as indices of the teacher's cache.
  ///
  /// - Parameters:
  ///   - step: the step.
  ///   - examples: indices of its training examples.
  package func answers(_ step: Int, to examples: [Int]) -> [Int] {
    memory.answers(to: examples, plan.choices(of: step))
  }

  /// Gives the answers their rows of the cache.
  private func place(_ refresh: RolloutRefresh) {
    let (placed, removed) = memory.place(
      step: refresh.step, prompts: refresh.prompts, rows: refresh.answers.map(\.count))
    for old in removed { cache.removeRollouts(old.range) }
    let owners = ExampleShares.owners(
      ofSpans: refresh.prompts.map { cache.examples[$0].span }, ranks: ranks.count)
    cache.addRollouts(
      zip(refresh.prompts, refresh.answers).map { prompt, answer in
        let example = cache.examples[prompt]
        return Example(prompt: example.prompt, response: answer, span: example.span)
      }, owners: owners, at: placed.range.lowerBound, row: placed.rows.lowerBound)
  }

  /// Fills this rank's rows of rollouts, each span read once.
  private func score(
    _ refreshes: [RolloutMemory.Kept], _ progress: (RunEvent.Phase, Int, Int) -> Void
  ) throws(TransformerError) {
    let own = refreshes.map { $0.range.filter(cache.isOwn) }
    let total = own.joined().reduce(0) { $0 + cache[$1].responseRows }
    var done = 0
    for span in teacher.pass(over: Set(own.joined().map { cache[$0].span })) {
      let model = try teacher.read(span) { progress(.readingContext, $0, $1) }
      for rollouts in own {
        let examples = rollouts.filter { cache[$0].span == span }
        try model.score(cache, examples) { progress(.scoring, done + $0, total) }
        done += examples.reduce(0) { $0 + cache[$1].responseRows }
      }
    }
  }
}
