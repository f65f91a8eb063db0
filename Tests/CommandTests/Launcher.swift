import Foundation
import Testing

/// `mpirun`, which starts the program as several ranks of this machine.
enum Launcher {
  /// Why tests with ranks were skipped.
  static let reason: Comment =
    "needs mpirun (libopenmpi-dev, openmpi-bin) and a build with --traits MPI"

  static let isUsable: Bool = {
    #if MPI
      mpirun != nil
    #else
      false
    #endif
  }()

  private static let mpirun = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(
    separator: ":"
  )
  .map { URL(fileURLWithPath: String($0)).appending(path: "mpirun") }
  .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  /// More ranks than cores, as root too; ranks share the cores and give them up while they wait.
  private static let environment = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "true", "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "true",
  ]

  /// Starts ranks with the same arguments.
  static func start(_ ranks: Int, _ arguments: [String]) throws -> Program.Running {
    try start([(ranks, arguments)])
  }

  /// Starts groups of ranks with arguments of their own.
  static func start(
    _ groups: [(ranks: Int, arguments: [String])]
  ) throws -> Program.Running {
    let parts = groups.map { ["-n", "\($0.ranks)", Program.url.path] + $0.arguments }
    return try Program.Running(
      Array(parts.joined(separator: [":"])), of: try #require(mpirun), environment: environment)
  }

  /// Runs ranks to their end.
  static func run(_ ranks: Int, _ arguments: [String]) throws -> Program.Result {
    try start(ranks, arguments).wait()
  }
}

extension Program.Result {
  /// The lines of the program's own errors, without the launcher's.
  var failures: [String] { errorLines.filter { $0.hasPrefix("train-gpu: ") } }
}
