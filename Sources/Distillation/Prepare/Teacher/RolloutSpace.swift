/// The space that a teacher's cache has for answers of the student, besides the recorded ones.
package struct RolloutSpace: Sendable, Equatable {
  /// The most tokens of a rollout for each training example; empty where there are none.
  package var limits: [Int]
  /// Rows for all rollouts that are kept at a time.
  package var rows: Int

  /// No space.
  package static let empty = RolloutSpace(limits: [], rows: 0)

  private init(limits: [Int], rows: Int) { (self.limits, self.rows) = (limits, rows) }

  /// As many rows as the recorded answers have, for earlier rollouts, and those of one refresh.
  ///
  /// - Parameters:
  ///   - examples: the training examples with the recorded answers.
  ///   - limits: the most tokens of a rollout for each.
  ///   - prompts: the most prompts of one refresh.
  package init(for examples: [Example], limits: [Int], prompts: Int) {
    self.init(
      limits: limits,
      rows: TeacherCache.rowCount(examples)
        + limits.sorted(by: >).prefix(prompts).reduce(0, +))
  }
}
