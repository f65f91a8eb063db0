import JSON

/// A call of a tool in a model's answer.
package struct ToolCall: Sendable, Equatable {
  /// The function's name.
  package let name: String
  /// Its arguments, an object as a rule.
  package let arguments: JSON

  /// A call.
  package init(name: String, arguments: JSON) {
    self.name = name
    self.arguments = arguments
  }

  /// Whether names are the same, and arguments are equal as JSON: the order of keys does not count,
  /// and 1 is 1.0.
  package static func == (left: ToolCall, right: ToolCall) -> Bool {
    left.name == right.name && left.arguments.isSameValue(as: right.arguments)
  }

  /// The number of calls of one list that are in another one too, each of them once, in any order.
  package static func matches(of calls: [ToolCall], in others: [ToolCall]) -> Int {
    var others = others
    return calls.count { call in
      guard let index = others.firstIndex(of: call) else { return false }
      others.remove(at: index)
      return true
    }
  }
}

extension ToolCall {
  /// The calls in an answer, in the formats of the field:
  ///
  ///     <tool_call>{"name": "f", "arguments": {...}}</tool_call>     Hermes, Qwen, SmolLM3
  ///     <tool_call>[{"name": "f", "arguments": {...}}]</tool_call>   SmolLM2
  ///     <|tool_call|>[{"name": "f", "arguments": {...}}]             Phi-4-mini, Granite 3
  ///     functools[{"name": "f", "arguments": {...}}]                 Phi-4-mini by vLLM's template
  ///     [TOOL_CALLS] [{"name": "f", "arguments": {...}}]             Mistral
  ///     [TOOL_CALLS]f[ARGS]{...}                                     newer Mistral
  ///     [TOOL_CALLS]f[CALL_ID]1[ARGS]{...}                           the same with an id
  ///     <|python_tag|>{"name": "f", "parameters": {...}}             Llama 3.x; several with `; `
  ///     {"name": "f", "parameters": {...}}                           Llama 3.x: nothing but calls
  ///     <|START_ACTION|>[{"tool_name": "f", "parameters": {...}}]    Command R7B
  ///
  /// - Parameter text: the answer with its special tokens, without the one that ends it.
  package static func calls(in text: String) -> [ToolCall] {
    let bytes = Array(text.utf8)
    var calls: [ToolCall] = []
    var (start, isMarked) = (0, false)
    while let (marker, end) = nextMarker(in: bytes, from: start) {
      isMarked = true
      let rest = bytes[end...]
      if marker == namedMarker, let (call, byteCount) = namedCall(in: rest) {
        calls.append(call)
        start = end + byteCount
      } else {
        let (values, byteCount) = leadingValues(in: rest)
        calls += values.flatMap { Self.calls(of: $0, isMarked: true) }
        start = end + byteCount
      }
    }
    guard !isMarked else { return calls }
    let (values, byteCount) = leadingValues(in: bytes[...])
    guard byteCount == bytes.count else { return [] }
    let bare = values.map { Self.calls(of: $0, isMarked: false) }
    return bare.contains(where: \.isEmpty) ? [] : bare.flatMap(\.self)
  }

  /// What stands before calls; of the last one the bracket belongs to the list.
  private static let markers = [
    "<tool_call>", "<|tool_call|>", namedMarker, "<|python_tag|>", "<|START_ACTION|>", listMarker,
  ]
  private static let (namedMarker, listMarker) = ("[TOOL_CALLS]", "functools[")

  /// The marker that ends first, and where calls begin behind it; nil where there is none.
  private static func nextMarker(in bytes: [UInt8], from start: Int) -> (String, end: Int)? {
    markers.compactMap { marker in
      bytes.end(of: Array(marker.utf8), from: start).map {
        (marker, marker == listMarker ? $0 - 1 : $0)
      }
    }.min { $0.1 < $1.1 }
  }

  /// A call with its name before its arguments, and the bytes that it takes; nil where the text
  /// begins with something else.
  private static func namedCall(
    in bytes: ArraySlice<UInt8>
  ) -> (call: ToolCall, byteCount: Int)? {
    var rest = bytes.drop { $0 == UInt8(ascii: " ") }
    let name = rest.prefix { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "{") }
    guard let text = String(validating: name, as: UTF8.self), !text.isEmpty,
      !text.contains(where: \.isWhitespace)
    else { return nil }
    rest = rest.dropFirst(name.count)
    let (identifier, arguments) = (Array("[CALL_ID]".utf8), Array("[ARGS]".utf8))
    if rest.starts(with: identifier) {
      rest = rest.dropFirst(identifier.count).drop { $0 != UInt8(ascii: "[") }
    }
    guard rest.starts(with: arguments) else { return nil }
    rest = rest.dropFirst(arguments.count)
    guard let (value, byteCount) = try? JSON.leading(Array(rest)), case .object = value else {
      return nil
    }
    return (
      ToolCall(name: text, arguments: value), rest.startIndex + byteCount - bytes.startIndex
    )
  }

  /// The values of JSON with which a text begins, with white space or semicolons between them, and
  /// the bytes up to what follows them.
  private static func leadingValues(
    in bytes: ArraySlice<UInt8>
  ) -> (values: [JSON], byteCount: Int) {
    func skip(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      bytes.drop { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    }
    var (rest, values) = (skip(bytes), [JSON]())
    while rest.first == UInt8(ascii: "{") || rest.first == UInt8(ascii: "["),
      let (value, count) = try? JSON.leading(Array(rest))
    {
      values.append(value)
      rest = skip(rest.dropFirst(count))
    }
    return (values, rest.startIndex - bytes.startIndex)
  }

  /// The calls of one value: an object, or a list of them.
  private static func calls(of json: JSON, isMarked: Bool) -> [ToolCall] {
    switch json {
    case .array(let elements): elements.flatMap { calls(of: $0, isMarked: isMarked) }
    case .object(let object): call(object, isMarked: isMarked).map { [$0] } ?? []
    default: []
    }
  }

  /// Reads `name` with `arguments` or `parameters`, also within `function`. Without a marker both
  /// have to be there: a plain answer may be an object with a name too.
  private static func call(_ object: JSONObject, isMarked: Bool) -> ToolCall? {
    if case .object(let function)? = object["function"] {
      return call(function, isMarked: isMarked)
    }
    guard case .string(let name)? = object["name"] ?? object["tool_name"], !name.isEmpty else {
      return nil
    }
    let given = object["arguments"] ?? object["parameters"]
    switch given {
    case .object: return ToolCall(name: name, arguments: given ?? .null)
    case .string(let text):
      // Some write the arguments as JSON in a text, as OpenAI does.
      guard isMarked else { return nil }
      return ToolCall(
        name: name, arguments: (try? JSON(parsing: Array(text.utf8))) ?? .string(text))
    case nil, .null:
      return isMarked ? ToolCall(name: name, arguments: .object(JSONObject())) : nil
    default: return isMarked ? ToolCall(name: name, arguments: given ?? .null) : nil
    }
  }
}

extension JSON {
  /// Whether two values are the same to JSON, which has one kind of number.
  fileprivate func isSameValue(as other: JSON) -> Bool {
    switch (self, other) {
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSameValue(as: $1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.members.allSatisfy { key, value in
          right[key].map { value.isSameValue(as: $0) } ?? false
        }
    case (.number(let number), .integer(let integer)), (.integer(let integer), .number(let number)):
      Int(exactly: number) == integer
    case (.number(let number), .unsigned(let integer)),
      (.unsigned(let integer), .number(let number)):
      UInt64(exactly: number) == integer
    default: self == other
    }
  }
}

extension [UInt8] {
  /// The end of the next occurrence of a marker; nil where there is none.
  fileprivate func end(of marker: [UInt8], from start: Int) -> Int? {
    guard count - start >= marker.count else { return nil }
    return (start...(count - marker.count)).first { self[$0...].starts(with: marker) }
      .map { $0 + marker.count }
  }
}
