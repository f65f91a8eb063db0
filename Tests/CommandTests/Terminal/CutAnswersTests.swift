import Testing

@testable import train_gpu

/// The message on the teacher's answers that were cut.
@Suite struct CutAnswersTests {
  @Test(arguments: [(true, ", and the student learns them like that"), (false, "")])
  func onlyATrainingLearnsThem(isTraining: Bool, learned: String) {
    let cut = CutAnswers(
      count: 2, answers: 5, limit: 8, hasEndToken: true, isTraining: isTraining)
    #expect(
      cut.text == "2 of the teacher's 5 answers were cut by --response-tokens 8 before their end"
        + "\(learned); a larger value lets them end")
  }
}
