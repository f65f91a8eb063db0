/// Why a question, or its answer, is left out of a study.
package enum StudyDrop: String, Sendable, Codable, CaseIterable {
  /// Nothing but white space and signs.
  case empty
  /// It did not end within the most tokens of a question.
  case tooLong = "too long"
  /// It asks what another one asks.
  case duplicate = "duplicates"
  /// Neither a question nor a request.
  case notAQuestion = "no question"
  /// It speaks of a text that its reader does not see: "according to the passage".
  case namesTheText = "about the text itself"
  /// Most of its words do not stand in the text.
  case ungrounded = "about something else"
  /// Most of it is copied from the text, so that it holds its own answer.
  case copied = "copied from the text"
  /// The answer is empty.
  case emptyAnswer = "without an answer"
  /// The answer stands in the question.
  case leaked = "with the answer in the question"
  /// The answer says that there is none.
  case unanswerable = "unanswerable"
  /// The answer says the same again and again.
  case repeating = "with a repeating answer"
}

/// What was left out, by its reason.
package struct StudyDrops: Sendable, Equatable, Codable {
  private var counts: [String: Int] = [:]

  /// Nothing was left out.
  package init() {}

  /// One more.
  mutating func add(_ drop: StudyDrop) { counts[drop.rawValue, default: 0] += 1 }

  /// How many for this reason.
  package subscript(drop: StudyDrop) -> Int { counts[drop.rawValue] ?? 0 }

  /// All of them.
  package var count: Int { counts.values.reduce(0, +) }

  /// `12 duplicates, 3 unanswerable`; empty where nothing was left out.
  package var text: String {
    StudyDrop.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.rawValue)" }
      .joined(separator: ", ")
  }
}
