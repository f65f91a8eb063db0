import Files
import JSON

/// The tools of a run, as the `tools` argument of `apply_chat_template` in transformers:
///
///     [{"type": "function", "function": {"name": "...", "description": "...", "parameters":
///     {...}}}]
package struct ToolDefinitions: Sendable, Equatable {
  /// One of them.
  package struct Function: Sendable, Equatable {
    /// The name by which it is called.
    package let name: String
    /// What it does; nil where that is not stated.
    package let description: String?
  }

  /// The list as templates read it.
  package let json: JSON

  /// The functions in the order of the list; at least one.
  package let functions: [Function]

  /// Reads the content of a file: a list, or its JSON as a text, as TRL stores it.
  ///
  /// - Throws: as the other.
  package init(parsing bytes: [UInt8], file: String) throws(JSONReadingError) {
    try self.init(JSONNode(parsingNested: bytes, file: file))
  }

  /// Reads a list.
  ///
  /// - Throws: at the first element that defines no function, and at a number that is not finite.
  package init(_ value: JSONNode) throws(JSONReadingError) {
    guard case .array(let elements) = value.json, !elements.isEmpty else {
      let isEmpty = if case .array = value.json { true } else { false }
      throw value.failure(
        expected: "a list of tools, [{\"type\": \"function\", \"function\": {...}}, ...]",
        found: isEmpty ? "an empty one" : nil)
    }
    var functions: [Function] = []
    for (index, element) in elements.enumerated() {
      let function = try Self.function(value.element(element, at: index))
      if functions.contains(where: { $0.name == function.name }) {
        throw value.element(element, at: index).failure(
          expected: "a name that no other tool has", found: "\"\(function.name.excerpt)\" again")
      }
      functions.append(function)
    }
    try value.checkFinite()
    json = value.json
    self.functions = functions
  }

  /// The SHA-256 of the list, 64 hexadecimal digits.
  package var digest: String { SHA256.hexadecimal(of: json.text(.compact).utf8) }

  /// Reads a tool, or a function by itself, which transformers passes to the template as it is.
  private static func function(_ value: JSONNode) throws(JSONReadingError) -> Function {
    if let type: String = try value.optional("type"), type != "function" {
      throw value.failure(expected: "\"function\"", found: "\"\(type.excerpt)\"", at: "type")
    }
    let function: JSONNode = try value.optional("function") ?? value
    let name: String = try function.required("name", expected: "the name of a function")
    if name.isEmpty {
      throw function.failure(
        expected: "the name of a function", found: "an empty string", at: "name")
    }
    if let parameters: JSONNode = try function.optional("parameters") {
      _ = try parameters.members()
    }
    return Function(name: name, description: try function.optional("description"))
  }
}
