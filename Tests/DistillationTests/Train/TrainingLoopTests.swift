import Compute
import Foundation
import TestSupport
import Testing

@testable import Distillation

extension DeviceTests {
  @Suite struct TrainingLoopTests {
    /// The time of a step is neither that of the evaluation of the start nor of what its event
    /// does.
    @Test func theFirstStepsTakeTheirOwnTime() throws {
      let run = try RolloutsTests.Run("llama", on: TestDevice.cpu.open())
      let pause = 3.0
      let loop = try TrainingLoop(
        run.distiller(run.cache(.hidden, prompts: 1), .reverseKL, batchSize: 3),
        judge: Judge.scoring(RolloutsTests.examples, by: run.teacher.read(0)), order: run.order(3),
        schedule: LearningRateSchedule(.constant, peak: 0.01, warmupSteps: 0, totalSteps: 2),
        evaluateEvery: 10, patience: nil, state: TrainingState(prompt: run.prompt))
      var (evaluations, seconds) = (0, [Double]())
      _ = try loop.run(isInterrupted: { false }) { event in
        switch event {
        case .evaluated:
          evaluations += 1
          if evaluations == 1 { Thread.sleep(forTimeInterval: pause) }
        case .steps(_, let taken): seconds.append(taken)
        case .refreshed: break
        }
      }.get()
      #expect(evaluations == 2 && !seconds.isEmpty)
      #expect(seconds.allSatisfy { $0 > 0 && $0 < pause })
    }
  }
}
