import HuggingFace
import JSON

/// The lines on how a run was made beside its options.
extension RunReadme {
  /// The SHA-256 of all weights, where it is known.
  var weights: String {
    adapter.origin.fingerprints.weights.map { ", and of all weights \($0)" }
      ?? ", so no checksum of all its weights"
  }

  /// The peak learning rates, those by default too.
  var rates: String {
    metrics.origin?.peakRates.map { "\n\nPeak learning rate: \($0.text)." } ?? ""
  }

  /// The numbers of threads and ranks that give the same bits again.
  var repetition: String {
    let ranks = metrics.ranks.map { "\($0) ranks" }
    let threads = metrics.threads.map { "\(Counted($0, "thread")) (`threads: \($0)`)" }
    let numbers = [ranks, threads].compactMap(\.self)
    guard !numbers.isEmpty else { return "" }
    return "\n\nThe same bits come with \(numbers.joined(separator: " of "))."
  }
}
