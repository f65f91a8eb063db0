import Foundation
import JSON

extension RunMetrics {
  /// The number of examples and tokens of the held-out numbers.
  package struct Basis: Sendable, Equatable, Codable {
    /// Held-out examples.
    package var examples: Int
    /// Their response tokens.
    package var responseTokens: Int

    /// A basis.
    package init(examples: Int, responseTokens: Int) {
      self.examples = examples
      self.responseTokens = responseTokens
    }

    private enum CodingKeys: String, CodingKey {
      case examples
      case responseTokens = "response_tokens"
    }
  }

  /// Confidence intervals of 95 % of the soft prompt's held-out numbers, by bootstrap over the
  /// examples.
  package struct Intervals: Sendable, Equatable, Codable {
    /// Of what is compared with the full context; nil without one, as the next two.
    package var kl: Interval?
    package var gapClosed: Interval?
    package var top1Agreement: Interval?
    package var exactMatch: Interval
    /// Of the share of a response before the first difference; nil in reports of older programs,
    /// as the next two.
    package var prefixShare: Interval?
    package var rougeL: Interval?
    package var logLikelihood: Interval?
    /// Of the share of exact tool calls; nil where no recorded response has any.
    package var toolCalls: Interval?

    /// Some intervals.
    package init(
      kl: Interval?, gapClosed: Interval?, top1Agreement: Interval?, exactMatch: Interval
    ) {
      self.kl = kl
      self.gapClosed = gapClosed
      self.top1Agreement = top1Agreement
      self.exactMatch = exactMatch
    }

    /// Intervals of numbers by example; nil where there is one example alone.
    init?(
      _ prompted: ExampleScores, nothing: ExampleScores, tokens: [Int], answers: AnswerScores
    ) {
      guard let bootstrap = Bootstrap(examples: tokens.count) else { return nil }
      func sum(_ values: [Double], _ chosen: [Int]) -> Double {
        chosen.reduce(0) { $0 + values[$1] }
      }
      let tokens = tokens.map(Double.init)
      let exact = answers.isExact.map { $0 ? 1.0 : 0 }
      let calls = answers.recordedCalls.map(Double.init)
      let exactCalls = answers.exactCalls.map(Double.init)
      let allCalls = calls.reduce(0, +)
      // Examples without calls say nothing about the share.
      let usualShare = exactCalls.reduce(0, +) / max(allCalls, 1)
      let found = bootstrap.intervals { chosen in
        let (total, count) = (sum(prompted.kl, chosen), sum(tokens, chosen))
        let kl = (total / count).withoutRounding
        let examples = Double(chosen.count)
        let chosenCalls = sum(calls, chosen)
        let callShare = chosenCalls > 0 ? sum(exactCalls, chosen) / chosenCalls : usualShare
        return [
          kl,
          RunMetrics.Validation.gapClosed(
            kl: kl == 0 ? 0 : total, klNoContext: sum(nothing.kl, chosen)),
          sum(prompted.agreeing, chosen) / count, sum(exact, chosen) / examples,
          sum(answers.prefixShare, chosen) / examples, sum(answers.rougeL, chosen) / examples,
          sum(answers.logLikelihood, chosen) / count,
          callShare,
        ]
      }
      (kl, gapClosed, top1Agreement, exactMatch) = (found[0], found[1], found[2], found[3])
      (prefixShare, rougeL, logLikelihood) = (found[4], found[5], found[6])
      toolCalls = allCalls > 0 ? found[7] : nil
    }

    private enum CodingKeys: String, CodingKey {
      case kl
      case gapClosed = "gap_closed"
      case top1Agreement = "top1_agreement"
      case exactMatch = "exact_match"
      case prefixShare = "answer_prefix"
      case rougeL = "rouge_l"
      case logLikelihood = "log_likelihood"
      case toolCalls = "tool_call_match"
    }
  }
}

extension RunMetrics.Validation {
  /// 1 - kl / klNoContext; 0 where the model without context has no divergence.
  static func gapClosed(kl: Double, klNoContext: Double) -> Double {
    klNoContext > 0 ? 1 - kl / klNoContext : 0
  }

  /// One sentence on the gap, also where it is negative; nil without a context.
  package var gapSentence: String? {
    guard let kl, let klNoContext, let gapClosed else { return nil }
    guard klNoContext > 0 else {
      return "Without the context the model predicts the same, so there is no gap to close."
    }
    guard gapClosed >= 0 else {
      let ratio = kl / klNoContext
      // As many digits as tell it from 1.
      let digits = (1..<6).first { ratio >= 1 + 0.5 * pow(10, -Double($0)) } ?? 6
      return
        "The learned prompt is worse than no context: its KL is \(Decimals.text(ratio, digits)) "
        + "times that."
    }
    let interval = (intervals?.gapClosed).map { interval in
      let bounds = [interval.low, interval.high].map { Decimals.text(100 * $0, 1) }
      return " (95 % interval: \(bounds[0]) to \(bounds[1]) %)"
    }
    return
      "The learned prompt closes \(Decimals.percent(gapClosed)) of the gap\(interval ?? "")."
  }

  /// One sentence on the number of examples.
  package var basisSentence: String? {
    basis.map { basis in
      let tokens = Counted(basis.responseTokens, "response token")
      let start = "On \(Counted(basis.examples, "held-out example")) of \(tokens)"
      return intervals == nil
        ? "\(start): too few for an interval."
        : "\(start); the intervals of 95 % come from resampling the examples (bootstrap)."
    }
  }

  /// A sentence where there are few examples.
  package var fewSentence: String? {
    guard let basis, basis.examples < InputNotice.few else { return nil }
    return basis.examples == 1
      ? "One example says little about others." : "So few examples say little about others."
  }

  /// The definitions of the measures; without a context there is no divergence from it.
  package static func measures(hasContext: Bool) -> String {
    let answers =
      "Recorded response: the teacher's answer, or that of the file. Exact match: greedy answers "
      + "that are the recorded response, token for token. Answer before first difference: the mean "
      + "share of the recorded response's tokens before the first one that the greedy answer has "
      + "not. ROUGE-L: F1 of the longest common subsequence of words, in lower case, of greedy "
      + "answer and recorded response. Log-likelihood: of a token of the recorded response, in nats."
    guard hasContext else { return answers }
    return "KL: distance of the predicted distributions from those with the full context, 0 where "
      + "they are equal. Top-1 agreement: response tokens for which both hold the same token most "
      + "likely. \(answers) Gap: the KL without context."
  }

  /// The definition of drift.
  package static let driftMeasure =
    "Drift: distance from the bare model, which has no context, on prompts that have nothing to do "
    + "with the context."
}
