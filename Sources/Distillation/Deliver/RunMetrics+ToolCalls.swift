import JSON

extension RunMetrics {
  /// Calls of tools in the recorded responses, and the share of them that greedy answers make too.
  package struct ToolCalls: Sendable, Equatable {
    /// Calls in the recorded responses; at least one.
    package var count: Int
    /// The share of them that the answers have with the same name and arguments.
    package var exact: Sides

    /// Some calls.
    package init(count: Int, exact: Sides) {
      self.count = count
      self.exact = exact
    }

    /// The calls in answers of three models; nil where no response calls a tool.
    init?(prompt: AnswerScores, noContext: AnswerScores, fullContext: AnswerScores) {
      count = prompt.recordedCalls.reduce(0, +)
      guard count > 0 else { return nil }
      func share(_ scores: AnswerScores, _ count: Int) -> Double {
        Double(scores.exactCalls.reduce(0, +)) / Double(count)
      }
      exact = Sides(
        prompt: share(prompt, count), noContext: share(noContext, count),
        fullContext: share(fullContext, count))
    }

    /// The definition of the measure.
    package var sentence: String {
      "Exact tool calls: of the \(Counted(count, "call")) in the recorded responses, the share that the "
        + "greedy answers make too, with the same name and arguments as JSON; the order of keys does not "
        + "count."
    }
  }
}

extension RunMetrics.ToolCalls: Codable {
  private enum CodingKeys: String, CodingKey {
    case count = "tool_calls"
    case exact = "tool_call_match"
    case exactNoContext = "tool_call_match_no_context"
    case exactFullContext = "tool_call_match_full_context"
  }

  /// Whether a record has calls.
  static func isPresent(in decoder: any Decoder) throws -> Bool {
    try decoder.container(keyedBy: CodingKeys.self).contains(.count)
  }

  /// Reads the numbers from the object of the held-out numbers.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    count = try container.decode(Int.self, forKey: .count)
    exact = RunMetrics.Sides(
      prompt: try container.decode(Double.self, forKey: .exact),
      noContext: try container.decode(Double.self, forKey: .exactNoContext),
      fullContext: try container.decode(Double.self, forKey: .exactFullContext))
  }

  /// Writes the numbers into the object of the held-out numbers.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
    try container.encode(exact.prompt, forKey: .exact)
    try container.encode(exact.noContext, forKey: .exactNoContext)
    try container.encode(exact.fullContext, forKey: .exactFullContext)
  }
}
