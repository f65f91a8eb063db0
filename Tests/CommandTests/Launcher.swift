import Foundation
import Testing

/// `mpirun`, which starts the program as several ranks of this machine.
enum Launcher {
  /// Why tests with ranks were skipped.
  static let reason: Comment =
    "needs mpirun (libopenmpi-dev, openmpi-bin, or libmpich-dev, mpich) and a build with --traits MPI"

  static let isUsable: Bool = {
    #if MPI
      mpirun != nil
    #else
      false
    #endif
  }()

  /// That of the MPI with which the program is built: `mpirun`, or what PITH_MPIRUN names.
  static let mpirun = executable(
    ProcessInfo.processInfo.environment["PITH_MPIRUN"] ?? "mpirun")

  /// Whether it is Open MPI's, and not MPICH's.
  static let isOpenMPI =
    mpirun.flatMap {
      try? Program.run(["--version"], of: $0).output.contains("Open MPI")
    } ?? false

  /// The program of a name in one of the folders of PATH.
  static func executable(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { URL(fileURLWithPath: String($0)).appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// More ranks than cores, as root too; ranks share the cores and give them up while they wait.
  static let environment = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "true", "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "true",
  ]

  /// Starts ranks with the same arguments.
  static func start(
    _ ranks: Int, _ arguments: [String], of program: URL = Program.url,
    environment: [String: String] = [:]
  ) throws -> Program.Running {
    try start([(ranks, arguments)], of: program, environment: environment)
  }

  /// Starts groups of ranks with arguments of their own. Open MPI fails where two launchers make
  /// its temporary folder at once.
  static func start(
    _ groups: [(ranks: Int, arguments: [String])], of program: URL = Program.url,
    environment more: [String: String] = [:]
  ) throws -> Program.Running {
    let parts = groups.map { ["-n", "\($0.ranks)", program.path] + $0.arguments }
    return try Program.Running(
      Array(parts.joined(separator: [":"])), of: try #require(mpirun),
      environment: environment.merging(more) { $1 }, hasOwnTemporaryFolder: true)
  }

  /// Runs ranks to their end.
  static func run(
    _ ranks: Int, _ arguments: [String], of program: URL = Program.url,
    environment: [String: String] = [:]
  ) throws -> Program.Result {
    try start(ranks, arguments, of: program, environment: environment).wait()
  }

  /// The processes of the program with this argument, in the order of their ranks.
  static func processes(with argument: String) throws -> [Int32] {
    let names = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)
    return names.sorted().filter { number in
      let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.first == Program.url.path && words.contains(argument)
    }
  }
}

extension Program.Result {
  /// The lines of the program's own errors, without the launcher's.
  var failures: [String] { errorLines.filter { $0.hasPrefix("train-gpu: ") } }
}
