/// What a question of a study asks for: the five kinds of Cartridges' self-study (arXiv
/// 2506.06266), and those of a user's own seeds.
package enum StudyKind: String, Sendable, Codable, CaseIterable {
  /// Information of the text in another structure: a list, a table, JSON.
  case structuring
  /// A summary of a part of the text.
  case summarising
  /// A question with one answer that stands in the text.
  case question
  /// A situation in which somebody needs the text.
  case useCase = "use-case"
  /// A free or general message.
  case creative
  /// A request for which a tool has to be called.
  case tool
  /// What a seed of the user's own asks for.
  case own

  /// How often this kind comes, relative to the others.
  var weight: Int {
    switch self {
    case .question: 5
    case .useCase: 2
    case .tool: 5
    case .structuring, .summarising, .creative: 1
    case .own: 1
    }
  }
}
