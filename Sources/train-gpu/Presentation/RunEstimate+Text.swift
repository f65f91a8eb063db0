import Distillation

extension RunEstimate {
  /// The estimate in a line: `about 14 min: study 6, teacher 2, training 6`.
  var text: String {
    let isShort = seconds < 120
    func number(_ seconds: Double) -> String {
      let value = isShort ? seconds : seconds / 60
      return value < 1 ? "below 1" : Decimals.text(value, 0)
    }
    let parts = [
      ("study", studySeconds), ("teacher", teacherSeconds), ("training", trainingSeconds),
      ("judging", judgingSeconds),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(number($0.1))" }
    return """
      \(seconds < 1 ? "" : "about ")\(number(seconds)) \(isShort ? "s" : "min"): \(parts.joined(separator: ", ")) (an estimate from a short \
      trial on this machine)
      """
  }
}
