import Files

/// One line of `rollouts.jsonl`: an answer of the student to a training prompt, sampled during the
/// training.
package struct RolloutRecord: Sendable, Equatable, Codable {
  /// The first step that takes it.
  package var step: Int
  /// The file of the example.
  package var file: String
  /// Its line there, from 1.
  package var line: Int
  /// The answer's tokens, including its end token.
  package var answer: [Int]
  /// The answer as a text; nil where the context is given as token ids.
  package var text: String?
  /// Whether it reached the limit of tokens before its end.
  package var isCut: Bool

  private enum CodingKeys: String, CodingKey {
    case step, file, line
    case answer = "completion_ids"
    case text = "completion"
    case isCut = "is_cut"
  }
}

/// The rollouts of a run so far, in numbers, with the SHA-256 of their lines: a checkpoint knows
/// with it whether they are still the ones with which its training went on.
struct RolloutTotals {
  private(set) var answers = 0
  private(set) var tokens = 0
  private(set) var cutCount = 0
  private var hash = SHA256()

  /// Counts more.
  mutating func add(_ records: [RolloutRecord]) throws(DistillationError) {
    answers += records.count
    tokens += records.reduce(0) { $0 + $1.answer.count }
    cutCount += records.count(where: \.isCut)
    let lines = try RecordCoding.lines(of: records)
    hash.update(lines.span)
  }

  /// The SHA-256 of all lines, 64 hexadecimal digits.
  var digest: String {
    var hash = hash
    return SHA256.hexadecimal(hash.finish())
  }
}
