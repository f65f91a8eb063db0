import Distillation

extension RunEstimate {
  /// The estimate in a line: `about 14 min: study 6, teacher 2, training 6`.
  ///
  /// - Parameter earlier: the estimate before the study, which a later one corrects; nil for none.
  func text(correcting earlier: RunEstimate?) -> String {
    let isShort = seconds < 120
    func number(_ seconds: Double) -> String {
      let value = isShort ? seconds : seconds / 60
      return value < 1 ? "below 1" : Decimals.text(value, 0)
    }
    let parts = [
      ("study", studySeconds), ("teacher", teacherSeconds), ("training", trainingSeconds),
      ("judging", judgingSeconds),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(number($0.1))" }
    // How many questions a model's study keeps is not known before it.
    let source =
      studySeconds > 0
      ? "a rough estimate from a short trial on this machine; the study may take a few times as long, or less"
      : "an estimate from a short trial on this machine"
    let correction = earlier.map { earlier in
      let (before, now) = (number(earlier.secondsAfterStudy), number(seconds))
      return before == now
        ? " left, as estimated before the study"
        : " left, corrected from \(before) before the study"
    }
    return "\(seconds < 1 ? "" : "about ")\(number(seconds)) \(isShort ? "s" : "min")"
      + "\(correction ?? ""): "
      + "\(parts.joined(separator: ", ")) (\(source))"
  }
}
