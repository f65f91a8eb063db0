import Synchronization
import Testing

@testable import Compute

@Suite struct CPUEngineTests {
  /// For every thread count and grain, each index is taken once, and a range never spans two
  /// grains.
  @Test(arguments: [1, 2, 3, 5], [1, 2, 7])
  func handsOutEachIndexOnce(threads: Int, grain: Int) throws {
    let cpu = try CPUEngine(threads: threads)
    for count in [0, 1, 2, 6, 7, 15, 1000] {
      let parts = Mutex<[Range<Int>]>([])
      cpu.forEachPart(of: count, grain: grain) { part in parts.withLock { $0.append(part) } }
      let sorted = parts.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
      #expect(sorted.flatMap { Array($0) } == Array(0..<count))
      #expect(sorted.allSatisfy { $0.lowerBound / grain == ($0.upperBound - 1) / grain })
    }
  }

  /// Another number of threads lasts as long as its body, also where that fails.
  @Test func anotherNumberOfThreadsIsForAWhile() throws {
    struct Failure: Error {}
    let cpu = try CPUEngine(threads: 1)
    let found = cpu.withThreads(3) {
      let workers = Mutex<Set<Int>>([])
      let here = Atomic(0)
      // Every thread waits for the others.
      cpu.forEach(3) { _ in
        workers.withLock { _ = $0.insert(CPUEngine.worker) }
        here.wrappingAdd(1, ordering: .releasing)
        while here.load(ordering: .acquiring) < 3 {}
      }
      return (threads: cpu.threads, workers: workers.withLock(\.self))
    }
    #expect(found.threads == 3 && found.workers == [0, 1, 2])
    #expect(throws: Failure.self) {
      try cpu.withThreads(2) { () throws(Failure) -> Void in throw Failure() }
    }
    #expect(cpu.threads == 1)
    cpu.forEach(2) { _ in #expect(CPUEngine.worker == 0) }
    #expect(cpu.withThreads(0) { cpu.threads } == 1)
  }

  /// The other threads steal the range of a thread that is blocked.
  @Test func takesOverWhatASlowThreadLeaves() throws {
    let cpu = try CPUEngine(threads: 2)
    let done = Atomic(0)
    cpu.forEach(64) { index in
      // The thread that has the first index waits until the other has done all the rest.
      if index == 0 { while done.load(ordering: .acquiring) < 63 {} }
      done.wrappingAdd(1, ordering: .releasing)
    }
    #expect(done.load(ordering: .acquiring) == 64)
  }
}
