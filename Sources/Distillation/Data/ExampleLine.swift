import HuggingFace
import Safetensors

/// One line of a JSONL file as it stands there, in one of three forms:
///
///     {"prompt": "...", "completion": "..."}
///     {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
///     {"prompt_ids": [1, 2], "completion_ids": [3]}
///
/// The completion may be missing; the response of `messages` is its last message where that is the
/// assistant's. Other keys are passed over, as other tools do.
enum ExampleLine: Equatable {
  case text(prompt: String, completion: String?)
  case messages([ChatMessage], response: String?)
  case identifiers(prompt: [Int], completion: [Int]?)

  private static let forms = ["prompt", "messages", "prompt_ids"]

  /// The key that gives a line its form, for messages.
  var key: String {
    switch self {
    case .text: "prompt"
    case .messages: "messages"
    case .identifiers: "prompt_ids"
    }
  }

  /// Reads the object of a line.
  init(_ value: JSONValue) throws(JSONValueError) {
    let keys = try value.keys()
    let found = Self.forms.filter(keys.contains)
    guard let form = found.first, found.count == 1 else {
      throw value.failure(
        expected: "an object with one of \(Self.forms.joined(separator: ", "))",
        found: found.isEmpty
          ? keys.isEmpty ? "no key" : keys.joined(separator: ", ")
          : found.joined(separator: " and "))
    }
    try Self.refuse(form == "prompt" ? "completion_ids" : "completion", with: form, in: value, keys)
    switch form {
    case "prompt":
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

  /// Refuses a response in another form than the prompt: passing it over would hide a mistake.
  private static func refuse(
    _ other: String, with form: String, in value: JSONValue, _ keys: [String]
  ) throws(JSONValueError) {
    if keys.contains(other) {
      throw value.failure(expected: "no such key beside \(form)", found: "one", at: other)
    }
  }

  private static func text(_ key: String, in value: JSONValue) throws(JSONValueError) -> String {
    let text: String = try value.required(key)
    if text.isEmpty {
      throw value.failure(expected: "a text", found: "an empty string", at: key)
    }
    return text
  }

  private static func identifiers(
    _ key: String, in value: JSONValue
  ) throws(JSONValueError) -> [Int] {
    let identifiers: [Int] = try value.required(key)
    if identifiers.isEmpty {
      throw value.failure(expected: "token ids", found: "an empty array", at: key)
    }
    return identifiers
  }

  /// A conversation: who speaks is for the template to judge, but for the system, whose place the
  /// context takes.
  private static func conversation(_ value: JSONValue) throws(JSONValueError) -> ExampleLine {
    let elements: [JSONValue] = try value.required("messages")
    var messages: [ChatMessage] = try value.required("messages")
    for (element, message) in zip(elements, messages) {
      if message.role == "system" {
        throw element.failure(
          expected: "user or assistant, because the context takes the system message's place",
          found: "\"system\"", at: "role")
      }
      if message.content.isEmpty {
        throw element.failure(expected: "a text", found: "an empty string", at: "content")
      }
    }
    let response = messages.last?.role == "assistant" ? messages.removeLast().content : nil
    guard let last = messages.last, last.role != "assistant" else {
      throw value.failure(
        expected: "a user's message before the response",
        found: messages.isEmpty ? "none" : "two messages of the assistant", at: "messages")
    }
    return .messages(messages, response: response)
  }
}
