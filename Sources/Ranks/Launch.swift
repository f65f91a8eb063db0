/// The launcher of this process by the environment: mpirun of Open MPI and MPICH, or srun.
package enum Launch: Sendable, Equatable {
  /// Started by itself.
  case none
  /// The only process that a launcher started.
  case alone
  /// One of several.
  case ranks(rank: Int)
  /// One of several that srun started without PMI or PMIx, through which they find each other.
  case separate(rank: Int)

  /// The variables of number and rank, of each launcher.
  private static let variables = [
    (count: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK"),
    (count: "PMI_SIZE", rank: "PMI_RANK"),
    // Slurm's with PMIx, which has no variable of its own for the number.
    (count: "SLURM_STEP_NUM_TASKS", rank: "PMIX_RANK"),
  ]

  /// Reads the variables of an environment.
  package init(environment: [String: String]) {
    self = .none
    for (count, rank) in Self.variables {
      guard let rank = environment[rank].flatMap(Int.init) else { continue }
      let count = environment[count].flatMap(Int.init) ?? 1
      self = count > 1 || rank > 0 ? .ranks(rank: rank) : .alone
      return
    }
    let tasks = environment["SLURM_STEP_NUM_TASKS"].flatMap(Int.init) ?? 1
    if tasks > 1, let rank = environment["SLURM_PROCID"].flatMap(Int.init) {
      self = .separate(rank: rank)
    }
  }

  /// Whether this process is the one that reports what concerns all of them.
  package var isFirst: Bool {
    switch self {
    case .none, .alone: true
    case .ranks(let rank), .separate(let rank): rank == 0
    }
  }
}
