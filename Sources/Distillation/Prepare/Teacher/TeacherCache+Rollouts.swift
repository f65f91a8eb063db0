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

  /// The rank that keeps the teacher's values of an index.
  func owner(of index: Int) -> Int {
    index < examples.count ? shares.owners[index] : rolloutOwners[index] ?? 0
  }

  /// Whether this rank keeps them.
  func isOwn(_ index: Int) -> Bool { owner(of: index) == shares.ranks.rank }

  /// The examples with the longest answers that a step may take: memory for them is enough for all.
  var longestExamples: [Example] { Self.longest(examples, rolloutSpace) }

  static func longest(_ examples: [Example], _ space: RolloutSpace) -> [Example] {
    guard !space.limits.isEmpty else { return examples }
    return zip(examples, space.limits).map { example, limit in
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

  /// Takes rollouts in, whose rows are scored next by their owners.
  ///
  /// - Parameters:
  ///   - added: the prompts with their answers, those of one span next to each other.
  ///   - owners: the rank that keeps the teacher's values of each; its rows are next to each other.
  ///   - index: the index of the first of them.
  ///   - row: its first row, counted from the first one for rollouts.
  func addRollouts(_ added: [Example], owners: [Int], at index: Int, row: Int) {
    var next = firstRolloutRow + row
    for offset in added.indices.sorted(by: { (owners[$0], $0) < (owners[$1], $1) }) {
      rollouts[index + offset] = added[offset]
      rolloutOwners[index + offset] = owners[offset]
      if isOwn(index + offset) { firstRow[index + offset] = next }
      next += added[offset].responseRows
    }
  }

  /// Removes rollouts, whose rows others may take.
  func removeRollouts(_ indices: Range<Int>) {
    for index in indices {
      rollouts[index] = nil
      rolloutOwners[index] = nil
      firstRow[index] = nil
    }
  }

  /// Removes all rollouts.
  func removeRollouts() {
    for index in rollouts.keys { firstRow[index] = nil }
    (rollouts, rolloutOwners) = ([:], [:])
  }
}
