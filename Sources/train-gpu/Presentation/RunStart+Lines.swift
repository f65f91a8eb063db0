import Distillation
import JSON

extension RunEvent.Start {
  /// The state at the start of a training, in lines.
  var lines: [String] {
    var lines = [
      """
      \(Counted(pseudoTokens, "pseudo-token")) \(context); \
      \(beside)\(Counted(trainingExamples, "example")) of \(Counted(responseTokens, "response token")), \
      \(validationExamples) held out
      """
    ]
    if cutAnswers > 0 {
      lines.append(
        CutAnswers(
          count: cutAnswers, answers: teacherAnswers, limit: answerLimit, hasEndToken: hasEndToken,
          isTraining: true
        ).text)
    }
    if let teacher {
      lines.append("the teacher \(teacher.reference) has answered and scored, and is released")
    }
    lines.append(
      """
      teacher cache: \(teacherCache), \
      \(Decimals.text(Double(teacherCacheBytes) / 1_048_576, 1)) MiB; \
      \(rates)
      """)
    if let rollouts {
      lines.append(
        """
        \(Counted(rollouts.prompts, "answer")) of the student every \(Counted(rollouts.interval, "step")); the \
        teacher cache has memory for \(Counted(rollouts.capacity, "token")) of them
        """)
    }
    if let windowReach { lines.append(windowReach.description) }
    lines += rounding.lines
    if startStep > 0 {
      let changes = changes.map {
        "; \($0.after.text(option: CommandLineOption.name)) in place of "
          + $0.before.text(option: CommandLineOption.name)
      }
      lines.append("resumed after step \(startStep)\(changes.joined())")
    }
    return lines
  }

  private var context: String {
    contextTokens == 0
      ? "without a context" : "for a context of \(Counted(contextTokens, "token"))"
  }

  private var beside: String {
    otherTokens > 0
      ? "\(Counted(otherTokens, "pseudo-token")) of other prompts stand before them and stay as they "
        + "are; " : ""
  }

  private var rates: String {
    let peak = Decimals.text(Double(peakLearningRate), 4)
    guard let keyLearningRate else { return "learning rate \(peak)" }
    return "learning rate of keys \(Decimals.text(Double(keyLearningRate), 4)), of values \(peak)"
  }
}
