import Foundation
import TestSupport
import Testing

extension Workspace {
  /// A number of every step.
  func numbers(_ key: String, in output: URL) throws -> [Double] {
    try steps(in: output).map { try #require($0[key]?.double) }
  }

  /// Expects that two runs have the same losses and gradient norms at every step, and held-out
  /// numbers, within what several ranks change.
  func expectSameTrajectory(_ output: URL, as one: URL, _ comment: String) throws {
    for key in ["loss", "gradient_norm"] {
      let (found, expected) = (try numbers(key, in: output), try numbers(key, in: one))
      #expect(found.count == expected.count, "\(comment)")
      for (step, (value, reference)) in zip(found, expected).enumerated() {
        #expect(
          abs(value - reference) <= Tolerance.ranks.rawValue * abs(reference),
          "\(comment): \(key) of step \(step + 1)")
      }
    }
    let kl = try json("metrics.json", in: output)["validation"]["kl"].double ?? 0
    let expected = try json("metrics.json", in: one)["validation"]["kl"].double ?? 1
    #expect(abs(kl - expected) <= Tolerance.ranks.rawValue * expected, "\(comment): held-out KL")
  }

  /// The steps of the checkpoints in the output folder.
  var checkpoints: [Int] { checkpoints(in: output) }

  func checkpoints(in output: URL) -> [Int] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: output.path)
    return (names ?? []).filter { $0.hasPrefix("checkpoint-") }
      .compactMap { Int($0.dropFirst("checkpoint-".count)) }
  }

  /// Writes inputs of which each has its own text before it, three texts in all.
  ///
  /// - Returns: the file's path.
  func writeInputsWithSpans() throws -> String {
    try folder.write(
      "spans.jsonl",
      """
      {"prompt": "the cab", "context": "a cab has a back. "}
      {"prompt": "a bad", "context": "abaca is bad. "}
      {"prompt": "is it", "completion": " bad", "context": "a cab has a back. "}
      {"prompt": "a cab", "context_span": [4, 20]}
      {"prompt": "has", "context": "abaca is bad. "}
      """
    ).path
  }
}
