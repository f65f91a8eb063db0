import Foundation
import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Steps are replayed as graphs where the device has shown that they are the same and faster.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct GraphTrialTests {
    private let folder: TemporaryFolder
    private let store: TuningStore

    init() throws {
      folder = try TemporaryFolder()
      store = TuningStore(folder: folder.url)
    }

    /// A step of few elements.
    private static let sizes = TrialSizes(
      prefix: 3, examples: [5, 4], responses: 4, hidden: 32, feedForward: 48, vocabulary: 40,
      heads: HeadShape(queryHeads: 4, keyValueHeads: 2, headDimension: 8), otherHeads: [])

    /// A trial whose replays take a share of the time of 100 us.
    private func trial(_ device: Device, share: Double = 0.5) throws -> GraphTrial {
      let trial = try GraphTrial(device, sizes: Self.sizes, layers: 2, runs: 3)
      trial.seconds = { (isReplay, run) throws(ComputeError) in
        try run()
        return isReplay ? share * 1e-4 : 1e-4
      }
      return trial
    }

    @Test func replaysHaveTheSameBits() throws {
      let device = try TestDevice.cuda.open()
      let found = try trial(device).search()
      #expect(found.refusal == nil && found.areUsed)
      #expect(found.commands >= 2 * 19 + 7, "\(found)")
      #expect(abs(found.enqueuedMicroseconds - 100) < 1e-9)
      #expect(abs(try #require(found.replayedMicroseconds) - 50) < 1e-9)
      #expect(!device.usesGraphs, "the device is as before")
      #expect(!(try trial(device, share: 0.98).search().areUsed), "no gain")

      // By the clock.
      let timed = try GraphTrial(device, sizes: Self.sizes, layers: 1, runs: 1).search()
      #expect(timed.refusal == nil && timed.enqueuedMicroseconds > 0)
      #expect(try #require(timed.replayedMicroseconds) > 0)
    }

    /// An argument that changes between steps is that of the capture in every replay.
    @Test func otherBitsAreRefused() throws {
      let trial = try trial(try TestDevice.cuda.open())
      let step = trial.step
      var round = 0
      trial.commands = { () throws(ComputeError) in
        round += 1
        try step.enqueue(learningRate: round % 5 == 4 ? 0.5 : 0.01)
      }
      let found = try trial.search()
      #expect(found.refusal == "step 4 has other bits than command by command")
      #expect(!found.areUsed && found.replayedMicroseconds == nil)
      #expect(found.enqueuedMicroseconds > 0)
    }

    @Test func whatCannotBeCapturedIsRefused() throws {
      let trial = try trial(try TestDevice.cuda.open())
      let step = trial.step
      trial.commands = { () throws(ComputeError) in
        try step.load(1)
        try step.enqueue()
      }
      let found = try trial.search()
      #expect(found.refusal == "the commands of a step could not be captured")
      #expect(!found.areUsed)
    }

    /// The record says whether devices use graphs, except where launches are timed.
    @Test func theRecordDecides() throws {
      let device = try TestDevice.cuda.open(isProfiling: true)
      let tuner = try Tuner(device, sizes: .small, runs: 1)
      #expect(try store.record(of: device) == nil)
      var graphs = TunedGraphs(
        trial: TunedGraphs.trial, commands: 9, enqueuedMicroseconds: 3, replayedMicroseconds: 2)
      func open(_ graphs: TunedGraphs?) throws -> Device {
        let record = tuner.record([], graphs: graphs, keeping: nil)
        try store.write(record, of: device)
        #expect(try store.record(of: device) == record)
        return try TestDevice.openCUDA(tunings: store)
      }
      let tuned = try open(graphs)
      #expect(tuned.usesGraphs && tuned.tuning.usesGraphs && tuned.tuning.kernels == 0)
      let kept = try tuner.record([], keeping: store.record(of: device))
      #expect(kept.graphs == graphs)
      let profiling = try TestDevice.openCUDA(tunings: store, isProfiling: true)
      #expect(!profiling.usesGraphs)

      #expect(!(try open(nil).usesGraphs))
      graphs.replayedMicroseconds = 2.95
      #expect(!(try open(graphs).usesGraphs), "no gain")
      graphs.replayedMicroseconds = 2
      graphs.refusal = "other bits"
      #expect(!(try open(graphs).usesGraphs))
      graphs.refusal = nil
      graphs.trial -= 1
      let stale = try open(graphs)
      #expect(!stale.usesGraphs && stale.tuning.stale == 1 && stale.tuning.warning == nil)
      #expect(try tuner.record([], keeping: store.record(of: device)).graphs == nil)
    }

    @Test(arguments: TestDevice.all.filter { $0 != .cuda })
    func otherDevicesHaveNoGraphs(on name: TestDevice) throws {
      let device = try name.open()
      #expect(throws: ComputeError.nothingToTune) { try GraphTrial(device) }
    }
  }
}
