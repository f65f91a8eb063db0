internal import Compute

extension Dataset {
  /// Number of different prompts.
  package var promptCount: Int { Set(examples.map(\.prompt)).count }

  /// Removes a fraction of the examples for validation, chosen by the seed. Both parts keep the
  /// order of the file, and neither is empty. Examples of one prompt stay together, because a
  /// prompt in the training data says nothing of others.
  ///
  /// - Parameters:
  ///   - fraction: the fraction of the prompts, above 0 and below 1.
  ///   - seed: the seed.
  ///   - reading: ``InputReading/earlier`` chooses every example by itself.
  /// - Throws: when there are not enough prompts for two parts.
  package func split(
    validationFraction fraction: Double, seed: UInt64, reading: InputReading = .present
  ) throws(DistillationError) -> (training: Dataset, validation: Dataset) {
    var groups: [[Int]] = []
    if reading == .earlier {
      groups = examples.indices.map { [$0] }
    } else {
      var groupOfPrompt: [[Int]: Int] = [:]
      for (index, example) in examples.enumerated() {
        if let group = groupOfPrompt[example.prompt] {
          groups[group].append(index)
        } else {
          groupOfPrompt[example.prompt] = groups.count
          groups.append([index])
        }
      }
    }
    guard groups.count >= 2 else {
      let isOnePrompt = examples.count > 1
      throw .option(
        .validation,
        expected: "a file, or two \(isOnePrompt ? "different prompts" : "examples") at least to "
          + "hold one out", found: "\(groups.count)")
    }
    let wanted = Int((fraction * Double(groups.count)).rounded())
    let count = min(max(wanted, 1), groups.count - 1)
    var random = SplitMix64(seed: seed, stream: Self.splitStream)
    let chosen = Set(random.subset(of: groups.count, count: count).flatMap { groups[$0] })
    var (training, validation) = (self, self)
    training.examples = examples.indices.filter { !chosen.contains($0) }.map { examples[$0] }
    validation.examples = chosen.sorted().map { examples[$0] }
    return (training, validation)
  }

  /// Distinct from the streams of the epochs, which count from 1.
  private static let splitStream = UInt64.max
}
