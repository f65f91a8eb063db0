import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// Commands that are captured and replayed.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct CommandGraphsTests {
    /// A buffer that can be replaced.
    private final class Owner {
      var values: DeviceBuffer<Float>
      init(_ device: Device, _ elements: [Float]) throws { values = try device.buffer(elements) }
    }

    private static func cuda() throws -> Device {
      let device = try TestDevice.cuda.open()
      device.usesGraphs = true
      return device
    }

    /// The first time command by command, then by one launch; what was uploaded since is read.
    @Test func replaysReadNewData() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let x = try Owner(device, [0, 0, 0])
      let sum = try Owner(device, [0, 0, 0])
      for round in 1...5 {
        try device.upload([Float(round), 2, 3], into: &x.values)
        let before = device.counts
        try graphs.run(0) { () throws(ComputeError) in
          try device.add(x.values, to: &sum.values, count: 3)
          try device.copy(sum.values, into: &x.values, count: 1)
        }
        let counts = device.counts - before
        #expect(counts.launches == (round == 1 ? 1 : 0))
        #expect(counts.copies == (round == 1 ? 1 : 0))
        #expect(counts.graphLaunches == (round == 1 ? 0 : 1))
      }
      #expect(graphs.count == 1)
      #expect(try device.download(sum.values) == [15, 10, 15])
      #expect(try device.download(x.values) == [15, 2, 3])
    }

    /// A graph knows its buffers by their addresses.
    @Test func aReleasedBufferDropsTheGraphs() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let sum = try Owner(device, [0])
      let x = try Owner(device, [1])
      func add() throws {
        try graphs.run(0) { () throws(ComputeError) in
          try device.add(x.values, to: &sum.values, count: 1)
        }
      }
      for _ in 1...3 { try add() }
      // A buffer of later date comes and goes.
      _ = try Owner(device, [3])
      try add()
      #expect(graphs.count == 1)
      let after = try device.buffer([Float(5)])
      x.values = after
      for _ in 1...4 { try add() }
      #expect(try device.download(sum.values) == [4 + 4 * 5])
      #expect(graphs.count == 1)
      device.releaseKeptMemory()
      device.prefersTensorCores = true
      try add()
      #expect(graphs.count == 0)
      #expect(try device.download(sum.values) == [4 + 5 * 5])
    }

    /// The scratch of captured commands is nobody else's, whatever is taken between replays.
    @Test func replaysLeaveOtherMemoryAlone() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let count = 20_000
      let gradient = try Owner(device, [Float](repeating: 3, count: count))
      let (norm, factor) = (try Owner(device, [0]), try Owner(device, [0]))
      var kept: [Owner] = []
      var scratch: [Scratch] = []
      for round in 1...6 {
        try graphs.run(0) { () throws(ComputeError) in
          try device.gradientNorm(
            gradient.values, count: count, norm: &norm.values, clipFactor: &factor.values)
        }
        kept.append(try Owner(device, [Float](repeating: Float(round), count: 3)))
        scratch.append(try Scratch(device, Float(round), count: 3))
      }
      #expect(graphs.count == 1)
      #expect(try abs(device.download(norm.values)[0] - 3 * Float(count).squareRoot()) < 1e-2)
      for round in 1...6 {
        #expect(
          try device.download(kept[round - 1].values)
            == [Float](repeating: Float(round), count: 3))
        #expect(
          try device.download(scratch[round - 1].values)
            == [Float](repeating: Float(round), count: 3))
      }
    }

    private final class Scratch {
      var values: DeviceBuffer<Float>
      init(_ device: Device, _ value: Float, count: Int) throws {
        values = try device.scratch(count: count)
        try device.fill(&values, with: value)
      }
    }

    /// A buffer that commands make and leave behind may have taken memory that graphs write to.
    @Test func aBufferThatStaysDropsTheGraphsBeforeIt() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let sum = try Owner(device, [0, 0])
      func passing() throws {
        try graphs.run(0) { () throws(ComputeError) in
          var passing = try device.buffer(of: Float.self, count: 2)
          try device.fill(&passing, with: 9)
          try device.add(passing, to: &sum.values, count: 2)
        }
      }
      for _ in 1...2 { try passing() }
      var stays: Owner?
      try graphs.run(1) { () throws(ComputeError) in
        if stays == nil { stays = try? Owner(device, [1, 2]) }
      }
      for _ in 1...3 { try passing() }
      #expect(try device.download(try #require(stays).values) == [1, 2])
      #expect(try device.download(sum.values) == [45, 45])
    }

    @Test func whatCannotBeCapturedRunsEveryTime() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let x = try Owner(device, [0])
      let sum = try Owner(device, [0])
      for round in 1...4 {
        try graphs.run(0) { () throws(ComputeError) in
          try device.upload([Float(round)], into: &x.values)
          try device.add(x.values, to: &sum.values, count: 1)
        }
      }
      #expect(graphs.count == 0)
      #expect(try device.download(sum.values) == [10])
      #expect(throws: ComputeError.self) {
        for _ in 1...3 {
          try graphs.run(1) { () throws(ComputeError) in
            throw .window(0)
          }
        }
      }
    }

    @Test func theGraphsOfTheLatestUsesAreKept() throws {
      let device = try Self.cuda()
      let graphs = CommandGraphs<Int>(device)
      let sum = try Owner(device, [0])
      let keys = CommandGraphs<Int>.capacity + 3
      for _ in 1...2 {
        for key in 0..<keys {
          try graphs.run(key) { () throws(ComputeError) in
            try device.scale(&sum.values, by: 1, count: 1)
            try device.fill(&sum.values, with: Float(key))
          }
        }
      }
      #expect(graphs.count == CommandGraphs<Int>.capacity)
      let before = device.counts
      try graphs.run(keys - 1) { () throws(ComputeError) in }
      #expect((device.counts - before).graphLaunches == 1)
      #expect(try device.download(sum.values) == [Float(keys - 1)])
    }

    @Test(arguments: TestDevice.all)
    func withoutGraphsCommandsRunEveryTime(on name: TestDevice) throws {
      let device = try name.open()
      device.usesGraphs = name != .cuda
      #expect(!device.usesGraphs)
      let graphs = CommandGraphs<Int>(device)
      let sum = try Owner(device, [1])
      for _ in 1...3 {
        try graphs.run(0) { () throws(ComputeError) in
          try device.scale(&sum.values, by: 2, count: 1)
        }
      }
      #expect(try device.download(sum.values) == [8])
      #expect(graphs.count == 0)
    }
  }
}
