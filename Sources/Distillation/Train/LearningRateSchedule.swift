import Foundation

/// The learning rate of every step: it rises linearly over the warm-up, then stays constant, or
/// falls to zero.
///
/// The values are those of transformers' `get_constant_schedule_with_warmup`,
/// `get_linear_schedule_with_warmup` and `get_cosine_schedule_with_warmup`, whose steps count from
/// 0: with a warm-up the first step has rate 0.
package struct LearningRateSchedule: Sendable, Equatable {
  /// The form of the schedule after the warm-up.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// Constant.
    case constant
    /// Linear to zero.
    case linear
    /// Half a cosine wave to zero.
    case cosine
  }

  /// The form after the warm-up.
  package let kind: Kind
  /// The rate at the end of the warm-up.
  package let peak: Float
  /// Steps of the warm-up.
  package let warmupSteps: Int
  /// Steps of the whole training.
  package let totalSteps: Int

  /// A schedule of `totalSteps` steps of which `warmupSteps` warm up.
  package init(_ kind: Kind, peak: Float, warmupSteps: Int, totalSteps: Int) {
    self.kind = kind
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// The rate of a step; steps count from 1.
  package func rate(at step: Int) -> Float {
    let elapsed = Double(step - 1)
    let warmup = Double(warmupSteps)
    if elapsed < warmup { return Float(Double(peak) * elapsed / warmup) }
    let progress = (elapsed - warmup) / Double(max(1, totalSteps - warmupSteps))
    let factor =
      switch kind {
      case .constant: 1.0
      case .linear: max(0, 1 - progress)
      case .cosine: max(0, 0.5 * (1 + cos(.pi * progress)))
      }
    return Float(Double(peak) * factor)
  }
}
