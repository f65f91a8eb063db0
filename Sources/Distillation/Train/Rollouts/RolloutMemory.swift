internal import Compute

/// The rollouts that batches may take: those of the last refreshes, as many as a fixed number of
/// rows of the teacher's cache holds. Those of one refresh are in rows next to each other; the rows
/// are a ring, in which new rollouts take the place of the oldest.
struct RolloutMemory {
  /// The rollouts of one refresh.
  struct Kept: Equatable {
    /// The first step that takes them.
    let step: Int
    /// The rollout of each answered prompt, by its index in the teacher's cache.
    let indices: [Int: Int]
    /// All of these indices.
    let range: Range<Int>
    /// Their rows, counted from the first that is reserved for rollouts.
    let rows: Range<Int>
  }

  /// Rows for rollouts.
  let capacity: Int
  /// From the oldest to the latest.
  private(set) var kept: [Kept] = []
  private var nextIndex: Int
  private var nextRow = 0

  /// A memory without rollouts.
  ///
  /// - Parameters:
  ///   - capacity: rows, at least those of one refresh.
  ///   - firstIndex: the index of the first rollout in the teacher's cache.
  init(capacity: Int, firstIndex: Int) {
    self.capacity = capacity
    nextIndex = firstIndex
  }

  /// Gives the rollouts of a refresh their rows.
  ///
  /// - Parameters:
  ///   - prompts: the answered prompts.
  ///   - rows: the rows of each answer.
  /// - Returns: the rows and indices of the rollouts, and the older ones that were removed.
  mutating func place(
    step: Int, prompts: [Int], rows: [Int]
  ) -> (placed: Kept, removed: [Kept]) {
    let count = rows.reduce(0, +)
    precondition(count <= capacity, "a refresh that fits")
    var removed: [Kept] = []
    if nextRow + count > capacity {
      // What is behind the end of the ring is older than what is at its beginning.
      while let oldest = kept.first, oldest.rows.lowerBound >= nextRow {
        removed.append(oldest)
        kept.removeFirst()
      }
      nextRow = 0
    }
    let target = nextRow..<(nextRow + count)
    while kept.contains(where: { $0.rows.overlaps(target) }) { removed.append(kept.removeFirst()) }
    let range = nextIndex..<(nextIndex + prompts.count)
    let placed = Kept(
      step: step, indices: Dictionary(uniqueKeysWithValues: zip(prompts, range)), range: range,
      rows: target)
    kept.append(placed)
    nextIndex = range.upperBound
    nextRow = target.upperBound
    return (placed, removed)
  }

  /// The answers that a batch takes. A prompt that the last refresh answered takes that rollout;
  /// another one takes one of its earlier answers, the recorded one or an earlier rollout, each as
  /// likely as the others.
  ///
  /// - Parameters:
  ///   - examples: indices of training examples.
  ///   - random: the random numbers of the step.
  /// - Returns: an index in the teacher's cache for each example.
  func answers(to examples: [Int], _ random: SplitMix64) -> [Int] {
    guard let latest = kept.last else { return examples }
    var random = random
    return examples.map { example in
      if let rollout = latest.indices[example] { return rollout }
      let earlier = [example] + kept.dropLast().compactMap { $0.indices[example] }
      return earlier[random.number(below: earlier.count)]
    }
  }
}
