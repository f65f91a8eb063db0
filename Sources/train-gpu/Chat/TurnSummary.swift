import Distillation
import JSON

/// What a turn took, in lines: tokens of each answer, how full the window is, and where two answers
/// part.
struct TurnSummary {
  let lines: [String]

  init(_ conversation: Conversation) throws {
    let sides = conversation.sides
    guard sides.count > 1 else {
      lines = sides.map(Self.text)
      return
    }
    lines =
      sides.map { "\($0.reading.title): \(Self.text($0))" } + [try Self.comparison(conversation)]
  }

  private static func text(_ side: ConversationSide) -> String {
    let share = Decimals.text(100 * Double(side.usedTokens) / Double(side.window), 0)
    return "\(Counted(side.answer.count, "token"))\(ending(side)); window: \(side.usedTokens) of "
      + "\(Counted(side.window, "token")) (\(share) %)"
  }

  private static func ending(_ side: ConversationSide) -> String {
    switch side.ending {
    case .complete, nil: ""
    case .limit: ", cut by --max-tokens"
    case .window: ", cut by the end of the window"
    case .stopped: ", stopped"
    }
  }

  private static func comparison(_ conversation: Conversation) throws -> String {
    guard let difference = try conversation.difference() else { return "both answers are the same" }
    let texts = difference.texts.map { $0.isEmpty ? "the end" : "\"\($0.printable)\"" }
    return "the answers share \(Counted(difference.commonTokens, "token")), then come "
      + texts.joined(separator: " and ")
  }
}
