import JSON

/// What one text may cost on its way through a tokenizer, in bytes that its components write and in
/// steps of their regular expressions. A tokenizer.json comes from an unknown source, and a few of
/// its lines can need more memory or time than any machine has.
///
/// The longest published pipelines write about 40 bytes a byte of text: NFKC makes 11 bytes of one
/// at most, and byte-level pieces take twice that.
struct TextBudget: Sendable {
  /// Why a text is refused.
  enum Exceeded: Error {
    case bytes(limit: Int)
    case steps(limit: Int, pattern: String)
  }

  private let byteLimit: Int
  private let stepLimit: Int
  private var bytes = 0
  private(set) var steps = 0

  /// The budget of a text of `count` bytes. Published patterns take 10 to 20 steps a byte.
  init(count: Int, steps: Int = 5_000_000) {
    byteLimit = (1 << 24) + 64 * count
    stepLimit = steps + 200 * count
  }

  /// How many bytes may still be written.
  var bytesLeft: Int { byteLimit - bytes }

  /// Counts bytes that a component has written or is about to write.
  mutating func spend(bytes count: Int) throws(Exceeded) {
    guard count <= bytesLeft else { throw .bytes(limit: byteLimit) }
    bytes += count
  }

  /// Counts steps of a regular expression.
  mutating func spend(steps count: Int, pattern: String) throws(Exceeded) {
    steps += count
    if steps > stepLimit { throw .steps(limit: stepLimit, pattern: pattern) }
  }
}

extension TokenizerError {
  /// The error of a text that costs too much.
  init(_ exceeded: TextBudget.Exceeded, file: String, count: Int) {
    let reason =
      switch exceeded {
      case .bytes(let limit):
        "its components make more than \(limit) bytes of a text of \(count) bytes"
      case .steps(let limit, let pattern):
        "its regular expression \"\(pattern.excerpt)\" takes more than \(limit) steps on a text of "
          + "\(count) bytes"
      }
    self = .tooCostly(file: file, reason: reason)
  }
}
