/// Which of the GPUs that it sees each rank of a job takes: the first that no lower rank of its
/// host has taken.
///
/// Where all ranks of a host see the same GPUs, rank r of them takes the r-th. Where a launcher
/// shows each rank a GPU of its own, which then has the index 0 for all of them, each takes that.
package struct GPUAssignment {
  /// The index of each rank's GPU among those that it sees; 0 for a rank without any.
  package private(set) var indices: [Int] = []

  /// - Parameters:
  ///   - hosts: the host of every rank.
  ///   - seen: ``DeviceCandidates/gpus`` of every rank.
  /// - Throws: `.noGPULeft`, the same on every rank.
  package init(hosts: [String], seen: [[UInt128?]]) throws(ComputeError) {
    for (rank, own) in seen.enumerated() {
      guard !own.isEmpty else {
        indices.append(0)
        continue
      }
      let before = (0..<rank).filter { hosts[$0] == hosts[rank] && !seen[$0].isEmpty }
      let taken = before.map { seen[$0][indices[$0]] }
      // What the driver does not identify is counted.
      let isKnown = !own.contains(nil) && !taken.contains(nil)
      let index = isKnown ? own.firstIndex { !taken.contains($0) } : before.count
      guard let index, own.indices.contains(index) else {
        let onHost = hosts.indices.filter { hosts[$0] == hosts[rank] && !seen[$0].isEmpty }
        let known = Set(onHost.flatMap { seen[$0] }.compactMap(\.self))
        throw .noGPULeft(
          host: hosts[rank], ranks: onHost.count, gpus: isKnown ? known.count : own.count,
          rank: rank, seen: own.count)
      }
      indices.append(index)
    }
  }
}
