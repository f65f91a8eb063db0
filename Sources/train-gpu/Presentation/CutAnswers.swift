/// The message on teacher's answers that reached the limit.
struct CutAnswers {
  let count: Int
  let answers: Int
  /// The most tokens of an answer.
  let limit: Int
  let hasEndToken: Bool
  /// Whether a student is trained on them.
  let isTraining: Bool

  var text: String {
    "\(count) of the teacher's \(answers) \(answers == 1 ? "answer was" : "answers were") cut by "
      + "--response-tokens \(limit) before \(count == 1 ? "its" : "their") end"
      + (hasEndToken
        ? (isTraining ? ", and the student learns \(count == 1 ? "it" : "them") like that" : "")
          + "; a larger value lets \(count == 1 ? "it" : "them") end"
        : "; the model's files name no token that ends an answer (eos_token_id in "
          + "generation_config.json), so none ends by itself")
  }
}
