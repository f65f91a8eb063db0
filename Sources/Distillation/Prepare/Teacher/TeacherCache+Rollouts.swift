extension TeacherCache {
  /// The recorded answer or the rollout of an index.
  package subscript(index: Int) -> Example {
    if index < examples.count { return examples[index] }
    guard let rollout = rollouts[index] else {
      preconditionFailure("rollout \(index) is not kept any more")
    }
    return rollout
  }

  /// Whether the answer of an index is a rollout.
  func isRollout(_ index: Int) -> Bool { index >= examples.count }

  /// The examples with the longest answers that a step may take: memory for them is enough for all.
  var longestExamples: [Example] {
    guard !rolloutSpace.limits.isEmpty else { return examples }
    return zip(examples, rolloutSpace.limits).map { example, limit in
      var longest = example
      longest.response += [Int](repeating: 0, count: max(0, limit - example.response.count))
      return longest
    }
  }

  /// Input tokens of the examples: of recorded answers, and of the shortest and longest rollouts.
  var inputLengths: [Int] {
    examples.map(\.inputs.count)
      + zip(examples, rolloutSpace.limits).flatMap { example, limit in
        [example.prompt.count, example.prompt.count + limit - 1]
      }
  }

  /// Takes rollouts in, whose rows are scored next.
  ///
  /// - Parameters:
  ///   - added: the prompts with their answers, those of one span next to each other.
  ///   - index: the index of the first of them.
  ///   - row: its first row, counted from the first one for rollouts.
  func addRollouts(_ added: [Example], at index: Int, row: Int) {
    var next = firstRolloutRow + row
    for (offset, example) in added.enumerated() {
      rollouts[index + offset] = example
      firstRow[index + offset] = next
      next += example.responseRows
    }
  }

  /// Removes rollouts, whose rows others may take.
  func removeRollouts(_ indices: Range<Int>) {
    for index in indices {
      rollouts[index] = nil
      firstRow[index] = nil
    }
  }

  /// Removes all rollouts.
  func removeRollouts() {
    for index in rollouts.keys { firstRow[index] = nil }
    rollouts = [:]
  }
}
