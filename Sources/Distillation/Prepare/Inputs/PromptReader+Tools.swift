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
        list = (try? JSON(parsing: Array(text.utf8))) ?? list
      }
      guard case .array(let elements) = list else {
        throw value.failure(
          expected: "a list of tools", found: list.kind, at: Self.toolsKey)
      }
      return elements.isEmpty ? nil : list
    } catch { throw .line(error) }
  }
}
