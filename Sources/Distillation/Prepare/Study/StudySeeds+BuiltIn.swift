import HuggingFace

extension StudySeeds {
  /// The built-in seeds of a form, and one for each tool: a request that needs it.
  package static func builtIn(
    _ form: QuestionerForm, _ tools: ToolDefinitions? = nil
  ) -> StudySeeds {
    let seeds =
      switch form {
      case .instruct: instructions
      case .complete, .lead: openings
      }
    guard let tools else { return seeds }
    return StudySeeds(
      seeds.seeds
        + tools.functions.map { function in
          switch form {
          case .instruct: StudySeed(.tool, instruction(function))
          case .complete, .lead: StudySeed(.tool, opening(function))
          }
        })
  }

  /// What the questioner is told to write for a tool.
  private static func instruction(_ function: ToolDefinitions.Function) -> String {
    let request =
      "Write the request of someone for whom the assistant has to call the tool \(function.name)"
    let purpose = function.description.map { ", which does this: \($0)" } ?? ""
    return request + purpose + (purpose.hasSuffix(".") ? "" : ".")
      + " The request has every value that the tool needs."
  }

  /// How a request for a tool begins: `get_weather` becomes `Please get weather`.
  private static func opening(_ function: ToolDefinitions.Function) -> String {
    var words = ""
    for character in function.name {
      if character.isUppercase, words.last?.isLowercase == true { words.append(" ") }
      words.append(character.isLetter || character.isNumber ? character : " ")
    }
    return "Please " + words.split(separator: " ").joined(separator: " ").lowercased()
  }

  /// What the questioner is told to write.
  private static let instructions = StudySeeds([
    StudySeed(.question, "Write one short question about a fact or a rule that the text states."),
    StudySeed(.question, "Write one question that asks what must or must not be done."),
    StudySeed(.question, "Write one question about a name, a number or a condition in the text."),
    StudySeed(.question, "Write one yes or no question about a rule in the text."),
    StudySeed(
      .useCase, "Think of someone who has a problem that the text solves. Write their question."),
    StudySeed(.useCase, "Write the question of someone who wants to know what to do."),
    StudySeed(
      .structuring, "Write a message that asks for a list of items that the text names."),
    StudySeed(.summarising, "Write a message that asks for a short summary of one subject."),
    StudySeed(.creative, "Write a message that asks for an explanation in simple words."),
  ])

  /// How users' messages begin.
  private static let openings = StudySeeds([
    StudySeed(.question, "What"),
    StudySeed(.question, "Which"),
    StudySeed(.question, "How"),
    StudySeed(.question, "When"),
    StudySeed(.question, "Why"),
    StudySeed(.question, "Where"),
    StudySeed(.question, "Who"),
    StudySeed(.question, "Is"),
    StudySeed(.question, "Can"),
    StudySeed(.question, "What is the"),
    StudySeed(.useCase, "What should I do if"),
    StudySeed(.useCase, "May I"),
    StudySeed(.useCase, "Do I need to"),
    StudySeed(.useCase, "How do I"),
    StudySeed(.structuring, "List all"),
    StudySeed(.structuring, "Name the"),
    StudySeed(.summarising, "Summarize the"),
    StudySeed(.summarising, "Describe the"),
    StudySeed(.creative, "Explain why"),
    StudySeed(.creative, "Explain the difference between"),
  ])
}
