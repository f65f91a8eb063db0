import Foundation
import HuggingFace
import JSON

/// One line of a study: an example as `--inputs` reads it, and where it comes from.
///
///     {"messages": [...], "study": {"kind": "question", "seed": 3, "span": [512, 1890],
///      "part": "training", "conversation": 7, "round": 1, "is_cut": false}}
///
/// Of a model without a chat template it has `prompt` and `completion` in the place of `messages`.
/// Where the context is longer than the window, `context_span` is the window that the teacher
/// reads.
struct StudyLine: Sendable, Equatable {
  /// What was asked and answered, in turns; the last one is an answer, where there is one.
  var turns: [String]
  /// What its seed asks for.
  var kind: StudyKind
  /// The index of its seed.
  var seed: Int
  /// The part of the context that it was written from: bytes of UTF-8, with line ends as LF.
  var span: Range<Int>
  /// What the teacher reads before it.
  var context = ContextPart.whole
  /// Whether it is held out.
  var part: StudyChunks.Part
  /// The conversation that it belongs to, counted from 0.
  var conversation = 0
  /// The answered questions of the conversation up to here.
  var round = 1
  /// Whether the answer reached its limit before its end.
  var isCut = false

  /// The key of what `--inputs` has no use for.
  static let key = "study"

  /// The question of the last round.
  var question: String { turns[(turns.count - 1) / 2 * 2] }

  /// The messages of a chat.
  static func messages(of turns: [String]) -> [ChatMessage] {
    turns.enumerated().map { index, text in
      ChatMessage(role: index.isMultiple(of: 2) ? "user" : "assistant", content: text)
    }
  }

  /// The line without its end.
  func text(isChat: Bool) -> String {
    var object: JSONObject
    if isChat {
      object = [
        "messages": .array(
          Self.messages(of: turns).map { message in
            .object(["role": .string(message.role), "content": .string(message.content ?? "")])
          })
      ]
    } else {
      object = ["prompt": .string(RawConversation.prompt(turns))]
      if turns.count.isMultiple(of: 2) { object["completion"] = .string(turns.last ?? "") }
    }
    if case .span(let bytes) = context {
      object[ContextPart.spanKey] = .array([
        .integer(bytes.lowerBound), .integer(bytes.upperBound),
      ])
    }
    object[Self.key] = .object([
      "kind": .string(kind.rawValue), "seed": .integer(seed),
      "span": .array([.integer(span.lowerBound), .integer(span.upperBound)]),
      "part": .string(part.rawValue), "conversation": .integer(conversation),
      "round": .integer(round), "is_cut": .bool(isCut),
    ])
    return JSON.object(object).text()
  }
}

extension StudyLine {
  /// The question of a line that a study wrote; nil where it is none.
  static func question(of line: JSON) -> String? {
    guard case .object(let object) = line else { return nil }
    if case .array(let messages)? = object["messages"], messages.count >= 2,
      case .object(let message) = messages[messages.count - 2],
      case .string(let text)? = message["content"]
    {
      return text
    }
    guard case .string(let prompt)? = object["prompt"] else { return nil }
    return RawConversation.lastQuestion(prompt)
  }

  /// Whether a line of a data set says that it is held out.
  static func isHeldOut(_ line: JSON) -> Bool {
    guard case .object(let object) = line, case .object(let study)? = object[key] else {
      return false
    }
    return study["part"] == .string(StudyChunks.Part.heldOut.rawValue)
  }
}

/// A conversation as a text that a model without a chat template goes on with.
enum RawConversation {
  /// Before a question.
  static let question = "\n\nQuestion:"
  /// Between a question and its answer.
  static let answer = "\nAnswer:"

  /// Turns up to where the next answer begins; an answer behind them is left out.
  static func prompt(_ turns: [String]) -> String {
    var text = ""
    for index in stride(from: 0, to: turns.count, by: 2) {
      text += "\(question) \(turns[index])\(answer)"
      if index + 2 < turns.count { text += turns[index + 1] }
    }
    return text
  }

  /// The last question of a prompt.
  static func lastQuestion(_ prompt: String) -> String {
    let behind = prompt.split(separator: question, omittingEmptySubsequences: false).last ?? ""
    return String(behind.prefix(behind.count - (behind.hasSuffix(answer) ? answer.count : 0)))
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The first line of a text: what the model writes behind it are other questions.
  static func firstLine(_ text: String) -> String {
    let begin = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
    let line = text[begin...].prefix { !$0.isNewline }
    return String(text[..<begin].filter { !$0.isNewline }) + line
  }
}
