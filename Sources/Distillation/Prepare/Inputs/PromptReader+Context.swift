import JSON

extension PromptReader {
  /// Whether prompts are texts.
  var isText: Bool {
    if case .text = form { true } else { false }
  }

  /// The text of a part of the context; nil where it is given as token ids.
  func text(of part: ContextPart) -> String? { part.text(of: contextText) }

  /// What the teacher reads before the prompt of a line.
  func contextPart(
    of line: ExampleLine, at value: JSONNode
  ) throws(JSONReadingError) -> ContextPart {
    let isIdentifiers = if case .identifiers = line { true } else { false }
    // Lines of another form than the context are refused as such.
    guard isText != isIdentifiers else { return .whole }
    return try ContextPart(
      of: value, isIdentifiers: isIdentifiers, context: contextText, hasContext: hasContext)
  }
}
