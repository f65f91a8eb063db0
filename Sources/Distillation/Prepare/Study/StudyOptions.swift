internal import Compute
import HuggingFace
import JSON
import Weights

/// Everything that a user sets and that changes what a study writes. It is recorded beside the
/// study under the names of the command line, and one that is gone on with must agree with it.
package struct StudyOptions: Sendable, Equatable, Codable {
  /// Conversations.
  package var count = 128
  /// Questions of a conversation.
  package var rounds = 1
  /// Everything random follows from it.
  package var seed: UInt64 = 0
  /// The chat template, as `TemplateChoice.name`.
  package var template = "auto"
  /// Variables of the template besides the conversation.
  package var templateVariables: TemplateVariables?
  /// The temperature of the questions.
  package var temperature: Float = 0.6
  /// How questions are written.
  package var questioner = QuestionerForm.complete
  /// The most tokens of a question.
  package var questionTokens = 48
  /// The most tokens of an answer.
  package var responseTokens = 64
  /// The temperature of the answers; 0 takes the most likely token.
  package var responseTemperature: Float = 0
  /// The fewest tokens of a chunk.
  package var chunkMinimum = 512
  /// The most tokens of a chunk.
  package var chunkMaximum = 4096
  /// The most tokens of the context that are read at a time; nil takes what the model and the
  /// memory of the device allow.
  package var contextWindow: Int?
  /// The share of the context from which held-out questions are written, and no others.
  package var heldOut = 0.1
  /// Whether questions that look as if they teach little are left out.
  package var filter = true
  /// The format of the frozen weights on the device.
  package var precision = WeightPrecision.stored

  /// The options with their defaults.
  package init() {}

  /// The names of the command line.
  private enum CodingKeys: String, CodingKey {
    case count, rounds, seed, template, temperature, questioner, filter, precision
    case templateVariables = "template-variable"
    case questionTokens = "question-tokens"
    case responseTokens = "response-tokens"
    case responseTemperature = "response-temperature"
    case chunkMinimum = "chunk-minimum"
    case chunkMaximum = "chunk-maximum"
    case contextWindow = "context-window"
    case heldOut = "held-out"
  }

  /// The chat template with its variables.
  package var templateChoice: TemplateChoice {
    TemplateChoice(template, variables: templateVariables ?? TemplateVariables())
  }

  /// Checks what does not depend on model and context.
  ///
  /// - Throws: ``DistillationError/option(_:expected:found:)`` or
  ///   ``DistillationError/optionConflict(_:expected:with:value:found:)`` for the first that is out
  ///   of its range.
  package func validate() throws(DistillationError) {
    for (name, value) in [
      (OptionName.count, count), (.rounds, rounds), (.questionTokens, questionTokens),
      (.responseTokens, responseTokens), (.chunkMinimum, chunkMinimum),
    ] where !(1...Self.most).contains(value) {
      throw .option(
        name, expected: value < 1 ? "1 or more" : "\(Self.most) or fewer", found: "\(value)")
    }
    if let contextWindow, contextWindow < Self.smallestWindow {
      throw .option(
        .contextWindow, expected: "\(Self.smallestWindow) or more", found: "\(contextWindow)")
    }
    if chunkMaximum < chunkMinimum {
      throw .optionConflict(
        .chunkMaximum, expected: "\(chunkMinimum) or more", with: .chunkMinimum,
        value: "\(chunkMinimum)", found: "\(chunkMaximum)")
    }
    for (name, value) in [
      (OptionName.temperature, temperature), (.responseTemperature, responseTemperature),
    ] where !Temperature.isSampling(value) {
      throw .option(name, expected: Temperature.expectedSampling, found: "\(value)")
    }
    if !(heldOut >= 0 && heldOut < 1) {
      throw .option(.heldOut, expected: "a fraction from 0 to below 1", found: "\(heldOut)")
    }
  }

  /// The largest of its numbers: what they multiply to is an `Int`.
  private static let most = 1_000_000

  /// The fewest tokens of a window.
  static let smallestWindow = 8

  /// Conversations that are held out, where questions can be written for them.
  var heldOutCount: Int {
    count > 1 ? min(max(Int((heldOut * Double(count)).rounded()), 1), count - 1) : 0
  }

  /// Checks that a study is gone on with as it was begun.
  ///
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:item:recorded:found:)`` with
  ///   the name of the first option that is another.
  func check(against recorded: StudyOptions, file: String) throws(DistillationError) {
    let before = try RecordCoding.members(of: recorded)
    let now = try RecordCoding.members(of: self)
    var standard = try RecordCoding.members(of: StudyOptions())
    // A run has other words for its share.
    standard[OptionName.heldOut.rawValue] = nil
    for name in Set(before.keys).union(now.keys).sorted() where before[name] != now[name] {
      throw .changedSinceCheckpoint(
        checkpoint: file, item: .option(name), recorded: before[name]?.text() ?? "its default",
        found: RecordCoding.found(now[name], default: standard[name]))
    }
  }
}
