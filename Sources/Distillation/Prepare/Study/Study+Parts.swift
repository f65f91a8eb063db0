/// What is written next.
extension Study {
  /// The window and the part that are written next; nil where all are done.
  ///
  /// Every window has a share of the conversations by its length. What one window did not give, the
  /// next ones make up for.
  var part: (window: Int, part: StudyChunks.Part, left: Int)? { part(options, record.progress) }

  /// The same of other options and progress.
  func part(
    _ options: StudyOptions, _ progress: StudyRecord.Progress
  ) -> (window: Int, part: StudyChunks.Part, left: Int)? {
    let present = progress.window ?? 0
    for window in chunks.indices.dropFirst(present) {
      let left = goal(options.count, window) - progress.count
      guard left > 0 else { continue }
      // Training questions make up for held-out ones that could not be written.
      if chunks[window].has(.heldOut), !(window == present && progress.isHeldOutExhausted) {
        let held = heldOutGoal(options.heldOutCount, window) - progress.count(.heldOut)
        if held > 0 { return (window, .heldOut, min(held, left)) }
      }
      return (window, .training, left)
    }
    return nil
  }

  /// How many of `count` conversations are written when a window is done.
  private func goal(_ count: Int, _ window: Int) -> Int {
    count * chunks[...window].reduce(0) { $0 + $1.tokens } / max(chunks.tokens, 1)
  }

  /// How many of `count` held-out conversations are written when a window is done.
  private func heldOutGoal(_ count: Int, _ window: Int) -> Int {
    let all = chunks.reduce(0) { $0 + $1.heldOutTokens }
    return count * chunks[...window].reduce(0) { $0 + $1.heldOutTokens } / max(all, 1)
  }
}
