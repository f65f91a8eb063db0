/// What the student has answered before a step, and the time that this took.
package struct RolloutRefresh: Sendable, Equatable {
  /// The first step that takes the answers.
  package var step: Int
  /// The answered training examples, by their indices.
  package var prompts: [Int]
  /// The tokens of each answer, its end token among them where it has one.
  package var answers: [[Int]]
  /// Wall-clock time of the answers, with reading the prompt.
  package var answerSeconds: Double
  /// Wall-clock time of the teacher's scores.
  package var scoreSeconds: Double

  /// A refresh.
  package init(
    step: Int, prompts: [Int], answers: [[Int]], answerSeconds: Double = 0,
    scoreSeconds: Double = 0
  ) {
    self.step = step
    self.prompts = prompts
    self.answers = answers
    self.answerSeconds = answerSeconds
    self.scoreSeconds = scoreSeconds
  }

  /// Tokens of all answers.
  package var tokens: Int { answers.reduce(0) { $0 + $1.count } }

  /// Tokens of the answers a second.
  package var tokensPerSecond: Double {
    answerSeconds > 0 ? Double(tokens) / answerSeconds : 0
  }
}
