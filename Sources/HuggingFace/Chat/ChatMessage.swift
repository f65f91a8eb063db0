import Safetensors

/// One message of a conversation.
package struct ChatMessage: Sendable, Equatable {
  /// Who speaks: `system`, `user`, `assistant` or another role that the template knows.
  package let role: String

  /// What is said.
  package let content: String

  /// Further members for the template, for example `tool_calls`.
  package let extra: JSONObject

  /// A message.
  package init(role: String, content: String, extra: JSONObject = JSONObject()) {
    self.role = role
    self.content = content
    self.extra = extra
  }

  /// The message as templates see it.
  var value: JinjaValue {
    var members: JSONObject = ["role": .string(role), "content": .string(content)]
    for (key, value) in extra.members { members[key] = value }
    return JinjaValue(.object(members))
  }
}

extension ChatMessage: JSONReadable {
  package static var kindOfJSON: String { "a message with role and content" }

  /// Reads `{"role": ..., "content": ...}`; all other members are kept for the template.
  package init?(reading value: JSONValue) throws(JSONValueError) {
    guard case .object(var members) = value.json else { return nil }
    role = try value.required("role")
    content = try value.required("content")
    members["role"] = nil
    members["content"] = nil
    extra = members
  }
}
