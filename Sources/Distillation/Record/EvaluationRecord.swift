/// One line of `evaluations.jsonl`: the prompt after some steps, on the held-out examples.
package struct EvaluationRecord: Sendable, Equatable, Codable {
  /// Steps that were done; 0 is the start.
  package var step: Int
  /// KL(teacher || student), in nats a response token; nil without a context, as the next.
  package var kl: Double?
  /// The fraction of response tokens for which both have the same most likely token.
  package var top1Agreement: Double?
  /// The cross-entropy of the responses in nats a token, where training lowers that.
  package var crossEntropy: Double?
  /// Whether it had the lowest loss so far: of these the cross-entropy, else the KL.
  package var isBest: Bool

  /// A line.
  package init(
    step: Int, kl: Double?, top1Agreement: Double?, crossEntropy: Double? = nil, isBest: Bool
  ) {
    self.step = step
    self.kl = kl
    self.top1Agreement = top1Agreement
    self.crossEntropy = crossEntropy
    self.isBest = isBest
  }

  /// The line of a comparison.
  ///
  /// - Parameters:
  ///   - step: steps that were done.
  ///   - found: the comparison.
  ///   - isBest: whether it had the lowest loss so far.
  ///   - hasContext: whether the teacher has read one: without, there is nothing to compare with.
  init(step: Int, _ found: HeldOut, isBest: Bool, hasContext: Bool) {
    self.init(
      step: step, kl: found.kl, top1Agreement: found.agreement, crossEntropy: found.crossEntropy,
      isBest: isBest)
    if !hasContext { self = withoutContext }
  }

  /// This line without what compares with a context, of a run that has none.
  var withoutContext: EvaluationRecord {
    EvaluationRecord(
      step: step, kl: nil, top1Agreement: nil, crossEntropy: crossEntropy, isBest: isBest)
  }

  private enum CodingKeys: String, CodingKey {
    case step, kl
    case top1Agreement = "top1_agreement"
    case crossEntropy = "cross_entropy"
    case isBest = "is_best"
  }
}
