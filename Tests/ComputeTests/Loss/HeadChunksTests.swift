import Testing

@testable import Compute

@Suite struct HeadChunksTests {
  @Test func aGPUGetsRowsForEveryComputeUnit() {
    func bytes(_ units: Int, memory: Int, largestBuffer: Int? = nil) -> Int {
      HeadChunks.byteCount(
        vocabulary: 151_936, computeUnits: units, memory: memory,
        largestBuffer: largestBuffer ?? memory)
    }
    #expect(bytes(132, memory: 139 << 30) == 2 * 132 * 4 * 151_936)
    // A small device has 32 MiB as the CPU has; a 16th of the memory and half of its largest buffer
    // bound the rest.
    #expect(bytes(8, memory: 4 << 30) == 32 << 20)
    #expect(bytes(132, memory: 2 << 30) == 128 << 20)
    #expect(bytes(132, memory: 16 << 30, largestBuffer: 192 << 20) == 96 << 20)
    #expect(bytes(132, memory: 256 << 20) == 32 << 20)
  }

  @Test func chunksCoverTheRowsInOrder() {
    let chunks = HeadChunks(rows: 130, vocabulary: 1000, byteCount: 4000 * 50)
    #expect(chunks.ranges.map(\.count) == [43, 43, 44])
    #expect(chunks.ranges.first?.lowerBound == 0 && chunks.ranges.last?.upperBound == 130)
    #expect(chunks.capacity == 50)
    #expect(HeadChunks(rows: 0, vocabulary: 1000, byteCount: 1).ranges.isEmpty)
  }
}
