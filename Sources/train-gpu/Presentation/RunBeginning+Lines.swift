import Distillation
import JSON

extension RunEvent.Beginning {
  /// What a training starts from, in lines.
  var lines: [String] {
    var lines = [
      """
      \(Counted(pseudoTokens, "pseudo-token")) for a context of \(Counted(contextTokens, "token")); \
      \(Counted(trainingExamples, "example")) of \(Counted(responseTokens, "response token")), \
      \(validationExamples) held out
      """
    ]
    if cutAnswers > 0 {
      lines.append(
        CutAnswers(
          count: cutAnswers, answers: teacherAnswers, limit: answerLimit, hasEndToken: hasEndToken
        ).text)
    }
    lines.append(
      """
      teacher cache: \(teacherCache), \
      \(Format.number(Double(teacherCacheBytes) / 1_048_576, 1)) MiB; \
      learning rate \(Format.number(Double(peakLearningRate), 4))
      """)
    if let error = activationRoundingError {
      lines.append(
        """
        activations are rounded to bf16 in training steps: the model's logits change by up to \
        \(Format.scientific(error)) of the largest
        """)
    }
    if startStep > 0 {
      let changes = changes.map { "; \($0.after) in the place of \($0.before)" }
      lines.append("resumed after step \(startStep)\(changes.joined())")
    }
    return lines
  }
}
