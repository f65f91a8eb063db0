import JSON
import Testing

@testable import Distillation

/// What becomes a question of what the model wrote, and what a line keeps of it.
@Suite struct QuestionerTests {
  @Test(arguments: [
    ("What", " is it? It is a cab.", "What is it?", true),
    ("What", " is it", "What is it", false),
    ("What", " is it\nA cab.", "What is it", true),
    ("", "\n\"Question: Who?\"", "Question: Who?", true),
    ("", " Question: \"Who knows?\"", "Who knows?", true),
    ("", "“Who knows", "Who knows", false),
    ("", "", "", false),
  ])
  func questionsEndWithTheirMarkOrLine(
    opening: String, text: String, expected: String, isWhole: Bool
  ) {
    #expect(
      Questioner.question(text, opening: opening, isEnded: false)
        == Questioner.Question(text: expected, isWhole: isWhole))
  }

  @Test func linesAreReadBack() throws {
    var line = StudyLine(
      turns: ["Who?", "I am."], kind: .useCase, seed: 3, span: 5..<17, part: .heldOut,
      conversation: 2)
    #expect(
      line.text(isChat: true)
        == #"{"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "I am."}], "#
        + #""study": {"kind": "use-case", "seed": 3, "span": [5, 17], "part": "held-out", "#
        + #""conversation": 2, "round": 1, "is_cut": false}}"#)
    #expect(
      line.text(isChat: false).hasPrefix(
        #"{"prompt": "\n\nQuestion: Who?\nAnswer:", "completion": "I am.", "study": "#))
    line.turns += ["And why?", " So."]
    for isChat in [true, false] {
      let json = try JSON(parsing: Array(line.text(isChat: isChat).utf8))
      #expect(StudyLine.question(of: json) == "And why?")
      #expect(StudyLine.isHeldOut(json))
    }
    #expect(
      RawConversation.prompt(line.turns)
        == "\n\nQuestion: Who?\nAnswer:I am.\n\nQuestion: And why?\nAnswer:")
    #expect(RawConversation.firstLine("\n It is.\nQuestion: more") == " It is.")
  }
}
