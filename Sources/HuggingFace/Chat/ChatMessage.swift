import JSON

/// One message of a conversation.
package struct ChatMessage: Sendable, Equatable {
  /// The role: `system`, `user`, `assistant` or another that the template uses.
  package let role: String

  /// The text; nil where the message has no `content`, or null, which is then in ``extra``.
  package let content: String?

  /// Further members for the template, for example `tool_calls`.
  package let extra: JSONObject

  /// A message.
  package init(role: String, content: String?, extra: JSONObject = JSONObject()) {
    self.role = role
    self.content = content
    self.extra = extra
  }

  /// The message as templates read it.
  package var json: JSON {
    var members: JSONObject = ["role": .string(role)]
    if let content { members["content"] = .string(content) }
    for (key, value) in extra.members { members[key] = value }
    return .object(members)
  }
}

extension ChatMessage: JSONReadable {
  package static var kindOfJSON: String { "a message with role and content" }

  /// Reads `{"role": ..., "content": ...}`; all other members are kept for the template. A content
  /// that is a list of parts, `{"type": "text", "text": ...}` each, is joined to one text, as
  /// templates print such a list. With `tool_calls`, which are checked, the content may be missing.
  ///
  /// - Throws: where a member is of another kind, or a call of a tool is not complete.
  package init?(reading value: JSONNode) throws(JSONReadingError) {
    guard case .object(var members) = value.json else { return nil }
    role = try value.required("role")
    content = try Self.content(of: value, members)
    _ = try Self.calls(of: value)
    members["role"] = nil
    if content != nil || members["content"] == nil { members["content"] = nil }
    extra = members
  }

  private static func content(
    of value: JSONNode, _ members: JSONObject
  ) throws(JSONReadingError) -> String? {
    switch members["content"] {
    case .string(let text): return text
    case .array:
      let parts: [JSONNode] = try value.required("content")
      var text = ""
      for part in parts {
        let type: String = try part.required("type")
        guard type == "text" else {
          throw part.failure(expected: "\"text\"", found: "\"\(type)\"", at: "type")
        }
        text += try part.required("text") as String
      }
      return text
    case let other:
      if try value.has(Self.callsKey), other == nil || other == .null { return nil }
      throw value.failure(
        expected: "a string or a list of text parts", found: other?.kind ?? "nothing",
        at: "content")
    }
  }
}
