extension ExampleLine {
  /// Advice on keys of data sets in other forms; empty for unknown keys.
  static func advice(on keys: [String]) -> String {
    func has(_ names: String...) -> Bool { names.allSatisfy(keys.contains) }
    if has("instruction") {
      return "; write instruction and input as prompt, and output as completion"
    }
    if has("conversations") || has("conversation") {
      return "; write them as messages, from and value as role and content"
    }
    if has("body") { return "; write the messages of body as messages" }
    for (question, answer) in [
      ("question", "answer"), ("question", "response"), ("query", "response"),
      ("input", "output"), ("source", "target"), ("context", "response"),
    ] where has(question, answer) {
      return "; write \(question) as prompt, and \(answer) as completion"
    }
    for key in ["text", "content", "question", "query", "input", "instruction"] where has(key) {
      return "; write the question in \(key) as prompt"
    }
    return ""
  }
}
