internal import Compute

/// Which training prompts the student answers, and before which steps: a function of the seed and
/// of the step's number alone, as the order of the examples is.
///
/// Before the steps 1, N + 1, 2 N + 1, ... the student answers a share of the different prompts of
/// the next N steps. Steps after the last one of the training count too, so that a training that is
/// made longer has the same rollouts until then.
package struct RolloutPlan {
  /// The prompts that are answered before one step.
  package struct Refresh: Sendable, Equatable {
    /// The first step that takes the answers.
    package let step: Int
    /// Indices of training examples, those of one span next to each other.
    package let prompts: [Int]
    /// Of the sampling.
    package let seed: UInt64
  }

  /// Steps between two refreshes, where the user states none.
  package static let standardInterval = 10

  /// Apart from the streams of other purposes: of the prompts, and of the choice between answers.
  private static let (promptStream, choiceStream): (UInt64, UInt64) = (
    0x524F_4C4C_0000_0000, 0x524F_4C43_0000_0000
  )

  private let share: Double
  /// N: steps between two refreshes.
  package let interval: Int
  private let order: BatchOrder
  private let spans: [Int]
  private let seed: UInt64
  /// Steps after which every prompt has come at least once.
  private let steps: Int

  /// A plan.
  ///
  /// - Parameters:
  ///   - share: the share of the prompts that are answered, above 0 and at most 1.
  ///   - interval: steps between two refreshes, at least 1.
  ///   - order: the order of the training examples.
  ///   - spans: the span of each training example.
  ///   - seed: the seed of everything random.
  package init(share: Float, interval: Int, order: BatchOrder, spans: [Int], seed: UInt64) {
    self.share = Double(share)
    self.interval = interval
    self.order = order
    self.spans = spans
    self.seed = seed
    steps = min(interval, 2 * order.stepsPerEpoch)
  }

  /// Whether prompts are answered before a step; steps count from 1.
  package func isRefreshed(before step: Int) -> Bool { (step - 1) % interval == 0 }

  /// The most prompts of one refresh.
  package var mostPrompts: Int {
    answered(of: min(order.count, steps * order.batchSize))
  }

  /// The number of answered prompts among different ones.
  private func answered(of prompts: Int) -> Int {
    min(prompts, max(1, Int((share * Double(prompts)).rounded())))
  }

  /// The prompts that are answered before a step.
  package func refresh(before step: Int) -> Refresh {
    let prompts = Set((0..<steps).flatMap { order.batch(step + $0) }).sorted()
    var random = SplitMix64(seed: seed, stream: Self.promptStream &+ UInt64(step))
    let seed = random.next()
    let chosen = random.subset(of: prompts.count, count: answered(of: prompts.count))
      .map { prompts[$0] }
    return Refresh(
      step: step, prompts: chosen.sorted { (spans[$0], $0) < (spans[$1], $1) }, seed: seed)
  }

  /// Random numbers of a step, for the choice between earlier answers.
  func choices(of step: Int) -> SplitMix64 {
    SplitMix64(seed: seed, stream: Self.choiceStream &+ UInt64(step))
  }
}
