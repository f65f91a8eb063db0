import Files
import Foundation

/// What stands beside a study, in the file of its name with `.record.json` behind it: how it was begun, and how far it is.
struct StudyRecord: Sendable, Equatable, Codable {
  /// What it was begun with.
  var options: StudyOptions
  /// The model: `ModelFolder.fingerprint()`.
  var model: String
  /// The SHA-256 of the context's text.
  var context: String
  /// The SHA-256 of the seeds.
  var seeds: String
  /// What the template's clock showed.
  var templateClock: String?
  /// Threads of the CPU path, whose number changes the last digits; nil on other devices.
  var threads: Int?
  /// The most tokens of a window, where the context was cut.
  var window: Int?
  /// How far it is.
  var progress = Progress()

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
    /// Questions written since the last one that was kept.
    var idle = 0
    /// Whether no more held-out questions of the window are tried for: their part of it gave none for
    /// long.
    var isHeldOutExhausted = false
    /// What was left out.
    var drops = StudyDrops()
    /// Tokens generated.
    var tokens = 0
    /// Seconds of writing.
    var seconds = 0.0
    /// Bytes of the lines.
    var bytes = 0
    /// The SHA-256 of the lines.
    var digest = SHA256.hexadecimal(of: [])

    /// Goes on with another window.
    mutating func begin(window: Int) {
      self.window = window
      isHeldOutExhausted = false
      idle = 0
    }

    /// Conversations of a part.
    func count(_ part: StudyChunks.Part) -> Int { conversations[part.rawValue] ?? 0 }

    /// Conversations of all parts.
    var count: Int { conversations.values.reduce(0, +) }
  }

  /// Checks that a study is gone on with as it was begun.
  func check(against recorded: StudyRecord, file: String) throws(DistillationError) {
    try options.check(against: recorded.options, file: file)
    for (what, before, now) in [
      ("the model", recorded.model, model), ("the context", recorded.context, context),
      ("the seeds", recorded.seeds, seeds),
    ] where before != now {
      throw .changedSinceCheckpoint(
        checkpoint: file, item: .input(what), recorded: "\(before.prefix(12))...",
        found: "\(now.prefix(12))...")
    }
  }
}
