internal import Compute

/// The examples of each step, as a function of the step's number alone: a resumed run needs nothing
/// else to continue.
///
/// An epoch visits every example once; its last batch may be smaller than the others.
package final class BatchOrder {
  /// Number of examples.
  package let count: Int
  /// Examples per step.
  package let batchSize: Int
  /// Whether every epoch has its own order; else all have the file's.
  package let isShuffled: Bool
  private let seed: UInt64
  /// The permutation of the last requested epoch: a step costs its own examples alone.
  private var shuffled: (epoch: Int, indices: [Int])?

  /// The order of `count` examples, at least one, in batches of `batchSize`, at least one.
  package init(count: Int, batchSize: Int, isShuffled: Bool, seed: UInt64) {
    self.count = count
    self.batchSize = min(batchSize, count)
    self.isShuffled = isShuffled
    self.seed = seed
  }

  /// The steps of an epoch.
  package var stepsPerEpoch: Int { (count + batchSize - 1) / batchSize }

  /// The indices of the examples of a step; steps count from 1.
  package func batch(_ step: Int) -> [Int] {
    let (epoch, index) = (step - 1).quotientAndRemainder(dividingBy: stepsPerEpoch)
    let range = index * batchSize..<min((index + 1) * batchSize, count)
    return isShuffled ? Array(permutation(ofEpoch: epoch)[range]) : Array(range)
  }

  private func permutation(ofEpoch epoch: Int) -> [Int] {
    if let shuffled, shuffled.epoch == epoch { return shuffled.indices }
    var random = SplitMix64(seed: seed, stream: UInt64(epoch) + 1)
    let indices = random.permutation(of: count)
    shuffled = (epoch, indices)
    return indices
  }
}
