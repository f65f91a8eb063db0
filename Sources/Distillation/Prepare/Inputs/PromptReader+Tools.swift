import HuggingFace
import JSON

extension PromptReader {
  /// The key of a conversation's tools, as in TRL.
  static let toolsKey = "tools"

  /// Whether a key of a line is used besides the example's own.
  func reads(_ key: String, of line: ExampleLine) -> Bool {
    guard key == Self.toolsKey, case .text(_, let placement) = form else { return false }
    if case .text = line { return placement.hasTools }
    return placement.reads(key)
  }

  /// The tools of a line that its own conversation brings; nil where there are none.
  ///
  /// - Throws: where the run has other tools, which all lines have.
  func tools(of value: JSONNode, _ placement: Placement) throws(Problem) -> JSON? {
    guard placement.reads(Self.toolsKey), let own = try list(of: value) else { return nil }
    guard let shared = placement.tools else { return own }
    guard own == shared else { throw .placement(.toolsOfConversation) }
    return nil
  }

  /// The tools of a line: a list, or its JSON as a text, as in TRL; nil where there are none.
  private func list(of value: JSONNode) throws(Problem) -> JSON? {
    do throws(JSONReadingError) {
      guard let tools: JSONNode = try value.optional(Self.toolsKey) else { return nil }
      var list = tools.json
      if case .string(let text) = list {
        do { list = try JSON(parsing: Array(text.utf8)) } catch {
          throw tools.failure(
            expected: "a list of tools, or its JSON as a text",
            found: "a text that is no JSON (\(error))")
        }
      }
      guard case .array(let elements) = list else {
        throw tools.failure(expected: "a list of tools", found: list.kind)
      }
      try JSONNode(list, file: tools.file, path: tools.path).checkFinite()
      return elements.isEmpty ? nil : list
    } catch { throw .line(error) }
  }

  /// Checks that the messages of a line call its tools alone.
  ///
  /// - Parameter tools: the list that the template reads; nil where there is none.
  func checkCalls(in value: JSONNode, of tools: JSON?) throws(Problem) {
    guard let names = tools.flatMap(Self.names) else { return }
    do throws(JSONReadingError) {
      for message in try messages(of: value) {
        for (name, function) in try ChatMessage.calls(of: message) where !names.contains(name) {
          throw function.failure(
            expected: "one of the tools, \(names.joined(separator: ", ").excerpt)",
            found: "\"\(name.excerpt)\"", at: "name")
        }
      }
    } catch { throw .line(error) }
  }

  /// Writes a conversation by the template. Where that fails, and would not if the calls of tools
  /// were complete, the first call that is not is at fault.
  ///
  /// - Parameters:
  ///   - value: the line.
  ///   - write: writes the conversation, with its calls as they are or completed.
  func placing<Value>(
    _ value: JSONNode, _ write: (CallCompletion?) throws(PlacementError) -> Value
  ) throws(Problem) -> Value {
    do throws(PlacementError) { return try write(nil) } catch {
      for completion in CallCompletion.allCases where (try? write(completion)) != nil {
        do throws(JSONReadingError) {
          for message in try messages(of: value) {
            if let failure = try completion.failure(in: message) { throw failure }
          }
        } catch { throw .line(error) }
      }
      throw .placement(error)
    }
  }

  /// Messages whose calls of tools are completed, or as they are.
  func completed(_ messages: [ChatMessage], _ completion: CallCompletion?) -> [ChatMessage] {
    guard let completion else { return messages }
    return messages.map(completion.applied)
  }

  /// All messages of a line.
  private func messages(of value: JSONNode) throws(JSONReadingError) -> [JSONNode] {
    var all: [JSONNode] = []
    for key in ["messages", "prompt", "completion"] where try value.has(key) {
      all += try value.required(key) as [JSONNode]
    }
    return all
  }

  /// The names of a list of tools; nil where one has none, as a template may allow.
  private static func names(_ tools: JSON) -> [String]? {
    guard case .array(let elements) = tools else { return nil }
    let names = elements.compactMap { element -> String? in
      guard case .object(var function) = element else { return nil }
      if case .object(let inner)? = function["function"] { function = inner }
      if case .string(let name)? = function["name"] { return name }
      return nil
    }
    return names.count == elements.count ? names : nil
  }
}
