import Compute
import Testing

/// Which GPUs ranks take, of those that a launcher shows to them.
@Suite struct GPUAssignmentTests {
  private func indices(_ hosts: [String], _ seen: [[UInt128?]]) throws -> [Int] {
    try GPUAssignment(hosts: hosts, seen: seen).indices
  }

  @Test func ranksOfAHostThatSeeTheSameTakeOneAfterTheOther() throws {
    #expect(try indices([""], [[7, 8]]) == [0])
    #expect(try indices(["a", "a", "a"], [[7, 8, 9], [7, 8, 9], [7, 8, 9]]) == [0, 1, 2])
    #expect(
      try indices(["a", "b", "a", "b"], [[7, 8], [5, 6], [7, 8], [5, 6]]) == [0, 0, 1, 1])
  }

  /// As with CUDA_VISIBLE_DEVICES of their own.
  @Test func ranksTakeWhatTheirLauncherShowsThem() throws {
    #expect(try indices(["a", "a"], [[7], [8]]) == [0, 0])
    #expect(try indices(["a", "a"], [[7, 8], [8, 7]]) == [0, 0])
    #expect(
      try indices(["a", "a", "a", "a"], [[7, 8], [7, 8], [9, 8], [8, 9, 6]]) == [0, 1, 0, 2])
    // Another host takes nothing away.
    #expect(try indices(["a", "b"], [[7], [7]]) == [0, 0])
  }

  @Test func whatTheDriverDoesNotIdentifyIsCounted() throws {
    #expect(try indices(["a", "a"], [[nil, nil], [nil, nil]]) == [0, 1])
    #expect(try indices(["a", "a"], [[7, nil], [7, nil]]) == [0, 1])
    #expect(throws: ComputeError.noGPULeft(host: "a", ranks: 2, gpus: 1, rank: 1, seen: 1)) {
      try indices(["a", "a"], [[nil], [nil]])
    }
  }

  /// A rank on the CPU, or on a device that it names, takes none.
  @Test func ranksWithoutGPUsTakeNoneAway() throws {
    #expect(try indices(["a", "a"], [[], []]) == [0, 0])
    #expect(try indices(["a", "a", "a"], [[], [7, 8], [7, 8]]) == [0, 0, 1])
    #expect(try indices(["a", "a"], [[], [nil]]) == [0, 0])
  }

  @Test func aRankForWhichNoneIsLeftIsNamed() throws {
    let error = ComputeError.noGPULeft(host: "b", ranks: 3, gpus: 2, rank: 3, seen: 2)
    #expect(throws: error) {
      try indices(["a", "b", "b", "b"], [[7], [5, 6], [5, 6], [5, 6]])
    }
    #expect(
      error.description
        == "b has 2 GPUs for 3 ranks, and of the 2 that rank 3 sees none is left: expected a GPU for "
        + "each rank")
    #expect(throws: ComputeError.noGPULeft(host: "a", ranks: 3, gpus: 3, rank: 1, seen: 1)) {
      try indices(["a", "a", "a"], [[7], [7], [8, 9]])
    }
  }
}
