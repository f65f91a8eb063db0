import HuggingFace
import JSON

/// One line of a JSONL file, in one of four forms, including those of TRL:
///
///     {"prompt": "...", "completion": "..."}
///     {"prompt": [{"role": "user", ...}], "completion": [{"role": "assistant", ...}]}
///     {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
///     {"prompt_ids": [1, 2], "completion_ids": [3]}
///
/// The completion may be missing; the response of `messages` is its last message where that is the
/// assistant's. Other keys are ignored, as in other tools, and so is a key whose value is null, as
/// tables write empty fields.
enum ExampleLine: Equatable {
  case text(prompt: String, completion: String?)
  case messages([ChatMessage], response: ChatMessage?)
  case identifiers(prompt: [Int], completion: [Int]?)

  /// The keys that select a line's form, each with those that contradict it: ignoring a response in
  /// another form would hide a mistake.
  private static let forms: KeyValuePairs = [
    "prompt": ["completion_ids"], "messages": ["completion", "completion_ids"],
    "prompt_ids": ["completion"],
  ]

  /// The kind of line, for error messages.
  var kind: String {
    switch self {
    case .text: "prompt"
    case .messages: "a conversation"
    case .identifiers: "prompt_ids"
    }
  }

  /// Reads the object of a line.
  init(_ value: JSONNode) throws(JSONReadingError) {
    var keys: [String] = []
    for key in try value.keys() where try value.has(key) { keys.append(key) }
    let found = Self.forms.filter { keys.contains($0.key) }
    guard let (form, others) = found.first, found.count == 1 else {
      throw value.failure(
        expected: "an object with one of \(Self.forms.map(\.key).joined(separator: ", "))",
        found: found.isEmpty
          ? keys.isEmpty
            ? "no key with a value" : keys.joined(separator: ", ") + Self.advice(on: keys)
          : found.map(\.key).joined(separator: " and "))
    }
    if let other = others.first(where: keys.contains) {
      throw value.failure(expected: "no such key with \(form)", found: "one", at: other)
    }
    switch form {
    case "prompt":
      let prompt: JSONNode = try value.required("prompt")
      if case .array = prompt.json {
        self = try Self.promptAndCompletion(value)
        return
      }
      self = .text(
        prompt: try Self.text("prompt", in: value),
        completion: try value.has("completion") ? Self.text("completion", in: value) : nil)
    case "messages":
      self = try Self.conversation(value)
    default:
      self = .identifiers(
        prompt: try Self.identifiers("prompt_ids", in: value),
        completion: try value.has("completion_ids")
          ? Self.identifiers("completion_ids", in: value) : nil)
    }
  }

  private static func text(_ key: String, in value: JSONNode) throws(JSONReadingError) -> String {
    let text: String = try value.required(key)
    if text.isEmpty {
      throw value.failure(expected: "a text", found: "an empty string", at: key)
    }
    return text
  }

  private static func identifiers(
    _ key: String, in value: JSONNode
  ) throws(JSONReadingError) -> [Int] {
    let identifiers: [Int] = try value.required(key)
    if identifiers.isEmpty {
      throw value.failure(expected: "token ids", found: "an empty array", at: key)
    }
    return identifiers
  }
}
