internal import Compute
import Foundation

/// What starts a question: an instruction to the questioner, or the first words of the question.
package struct StudySeed: Sendable, Equatable {
  /// What it asks for.
  package var kind: StudyKind
  /// The instruction, or the first words.
  package var text: String

  /// A seed.
  package init(_ kind: StudyKind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// The seeds of a study, drawn by the weights of their kinds.
package struct StudySeeds: Sendable, Equatable {
  /// In the order of their indices.
  package let seeds: [StudySeed]
  /// The sums of the weights up to each seed.
  private let bounds: [Int]

  /// Seeds, at least one.
  package init(_ seeds: [StudySeed]) {
    self.seeds = seeds
    // Seeds of one kind share its weight: 2520 is a multiple of every count up to 10.
    let counts = Dictionary(grouping: seeds, by: \.kind).mapValues(\.count)
    var bound = 0
    bounds = seeds.map { seed in
      bound += max(1, seed.kind.weight * 2520 / (counts[seed.kind] ?? 1))
      return bound
    }
  }

  /// The index of a seed.
  func draw(_ random: inout SplitMix64) -> Int {
    let number = random.number(below: bounds.last ?? 1)
    return bounds.firstIndex { number < $0 } ?? 0
  }

  /// Reads a user's own seeds, one a line.
  ///
  /// - Throws: when the file cannot be read or has no line with text.
  package init(contentsOf url: URL) throws(DistillationError) {
    let text = TextFile.withLineFeeds(
      try TextFile.text(TextFile.bytes(of: url), file: url.path))
    let lines = text.split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespacesAndNewlines)
    }.filter { !$0.isEmpty }
    guard !lines.isEmpty else {
      throw .content(file: url.path, expected: "seeds, one a line", found: "an empty file")
    }
    self.init(lines.map { StudySeed(.own, $0) })
  }
}
