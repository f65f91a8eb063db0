import Compute
import Distillation
import Foundation
import JSON
import Logging

extension Distill {
  /// The sweep that the options name; nil where they name one run.
  func sweep(_ request: RunRequest) throws -> SweepRequest? {
    let (methods, tokens) = (objective.method.values, objective.tokens.values)
    guard methods.count * tokens.count > 1 else { return nil }
    return try SweepRequest(
      run: request, methods: methods, tokens: tokens, budget: objective.klBudget)
  }

  /// Runs a sweep, and shows what it found.
  func perform(
    _ request: SweepRequest, _ device: Device, _ model: LoadedModel?, _ logger: Logger,
    _ progress: ProgressReport, _ interruption: Interruption, _ handle: (RunEvent) -> Void
  ) throws {
    let ranks = Job.ranks
    let sweep = try ranks.agree { try Sweep(request, device: device, sharedBy: ranks) }
    show(sweep.first, logger)
    let outcome = try sweep.perform(
      model: model, isInterrupted: { interruption.stopSignal != nil }, handle: handle)
    progress.finish()
    switch outcome {
    case .interrupted(let folder):
      throw Stopped(
        message: "stopped; --resume continues the sweep in \(folder.path)",
        signal: interruption.stopSignal ?? SIGINT)
    case .finished(let result):
      if ranks.isFirst {
        try form.write(SweepSummary(result: result).text) {
          guard case .object(let record) = try JSON(encoding: result.record) else {
            preconditionFailure("a record is an object")
          }
          return record
        }
      }
      if let budget = result.record.budget, result.record.delivered == nil,
        let nearest = result.record.nearest
      {
        throw DistillationError.budgetMissed(
          budget: budget, nearest: nearest.folder, kl: nearest.kl ?? .infinity)
      }
    }
  }
}
