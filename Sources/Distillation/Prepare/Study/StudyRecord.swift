import Files
import Foundation

/// What stands beside a study, in the file of its name with `.record.json` behind it: how it was
/// begun, and how far it is.
struct StudyRecord: Sendable, Equatable, Codable {
  /// What it was begun with.
  var options: StudyOptions
  /// The model: `ModelFolder.fingerprint()`.
  var model: String
  /// The SHA-256 of all its weights; nil in records of older programs.
  var weights: String?
  /// The SHA-256 of the context's text.
  var context: String
  /// The SHA-256 of the list of tools; nil without any.
  var tools: String?
  /// The SHA-256 of the seeds.
  var seeds: String
  /// What the template's clock showed.
  var templateClock: String?
  /// Threads of the CPU path, whose number changes the last digits; nil on other devices.
  var threads: Int?
  /// The instructions with which the CPU path multiplies matrices; nil on other devices, and in
  /// records of older programs.
  var instructions: String?
  /// The most tokens of a window, where the context was cut.
  var window: Int?
  /// Which order of questions it has: ``presentOrder``; nil in records of older programs, which
  /// wrote their questions in another.
  var order: Int?
  /// How far it is.
  var progress = Progress()

  /// The order in which this program writes questions: from chunk to chunk until they fill a batch
  /// of answers.
  static let presentOrder = 2

  /// What a study that goes on needs to know, but for its lines.
  struct Progress: Sendable, Equatable, Codable {
    /// Batches done.
    var batches = 0
    /// The window whose questions are being written, where the context was cut.
    var window: Int?
    /// Conversations of each part, by its name.
    var conversations: [String: Int] = [:]
    /// Lines.
    var lines = 0
    /// Questions written.
    var questions = 0
    /// Training questions written since the last one that was kept with its answer.
    var idle = 0
    /// The same of held-out questions; nil for none.
    var heldOutIdle: Int?
    /// Whether no more held-out questions of the window are tried for: their part of it gave none
    /// for long.
    var isHeldOutExhausted = false
    /// What was left out.
    var drops = StudyDrops()
    /// Tokens generated.
    var tokens = 0
    /// Seconds of writing.
    var seconds = 0.0
    /// Their parts; nil in records of older programs.
    var times: StudyTimes?
    /// Bytes of the lines.
    var bytes = 0
    /// The SHA-256 of the lines.
    var digest = SHA256.hexadecimal(of: [])
    /// The same with lines that are being added; nil where none are.
    var pending: Lines?

    /// How far a file of lines goes.
    struct Lines: Sendable, Equatable, Codable {
      var bytes: Int
      var digest: String
    }

    /// Goes on with another window.
    mutating func begin(window: Int) {
      self.window = window
      isHeldOutExhausted = false
      (idle, heldOutIdle) = (0, nil)
    }

    /// No more held-out questions of the window are tried for.
    mutating func exhaustHeldOut() {
      isHeldOutExhausted = true
      heldOutIdle = nil
    }

    /// One more conversation.
    mutating func keep(_ part: StudyChunks.Part) {
      conversations[part.rawValue, default: 0] += 1
    }

    /// Questions of a part since the last one that was kept with its answer.
    func idle(_ part: StudyChunks.Part) -> Int {
      switch part {
      case .training: idle
      case .heldOut: heldOutIdle ?? 0
      }
    }

    /// One more question was written.
    mutating func miss(_ part: StudyChunks.Part) {
      switch part {
      case .training: idle += 1
      case .heldOut: heldOutIdle = idle(.heldOut) + 1
      }
    }

    /// A question was kept with its answer.
    mutating func hit(_ part: StudyChunks.Part) {
      switch part {
      case .training: idle = 0
      case .heldOut: heldOutIdle = nil
      }
    }

    /// Conversations of a part.
    func count(_ part: StudyChunks.Part) -> Int { conversations[part.rawValue] ?? 0 }

    /// Conversations of all parts.
    var count: Int { conversations.values.reduce(0, +) }
  }

  /// A SHA-256 in a message.
  private static func short(_ digest: String) -> String {
    digest.count > 12 ? "\(digest.prefix(12))..." : digest
  }

  /// Checks that a study is gone on with as it was begun.
  ///
  /// - Parameters:
  ///   - recorded: the record beside its lines.
  ///   - isDone: whether they are all there.
  ///   - file: the file of its lines.
  func check(
    against recorded: StudyRecord, isDone: Bool, file: String
  ) throws(DistillationError) {
    try options.check(against: recorded.options, file: file)
    guard isDone || recorded.order == Self.presentOrder else {
      throw .otherStudy(
        file: file, expected: "a study that is done, or was begun by this version",
        found: "the beginning of one whose questions come in another order")
    }
    for (what, before, now) in [
      ("the model", recorded.model, model),
      ("the model's weights", recorded.weights ?? weights ?? "", weights ?? ""),
      ("the context", recorded.context, context),
      ("the tools", recorded.tools ?? "none", tools ?? "none"),
      ("the seeds", recorded.seeds, seeds),
    ] where before != now {
      throw .changedSinceCheckpoint(
        checkpoint: file, item: .input(what), recorded: Self.short(before), found: Self.short(now))
    }
  }
}
