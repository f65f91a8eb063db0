/// One line of `evaluations.jsonl`: the prompt after some steps, compared with the teacher on the
/// held-out examples.
package struct EvaluationRecord: Sendable, Equatable, Codable {
  /// Steps that were done; 0 is the start.
  package var step: Int
  /// KL(teacher || student), in nats a response token.
  package var kl: Double
  /// The fraction of response tokens for which both have the same most likely token.
  package var top1Agreement: Double
  /// Whether it had the lowest KL so far.
  package var isBest: Bool

  /// A line.
  package init(step: Int, kl: Double, top1Agreement: Double, isBest: Bool) {
    self.step = step
    self.kl = kl
    self.top1Agreement = top1Agreement
    self.isBest = isBest
  }

  private enum CodingKeys: String, CodingKey {
    case step, kl
    case top1Agreement = "top1_agreement"
    case isBest = "is_best"
  }
}
