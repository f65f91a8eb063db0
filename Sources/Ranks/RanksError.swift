/// Why this process cannot be a rank of the job in which it was started.
package enum RanksError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program is built without MPI.
  case notBuilt
  /// The launcher belongs to another MPI than the one that the program is built with, so each of
  /// its processes would be a job by itself.
  case otherMPI(built: String)
  /// srun started several processes without PMI or PMIx, through which they find each other.
  case separate

  /// One line.
  package var description: String {
    switch self {
    case .notBuilt:
      "started as one of several processes of MPI, but built without MPI: each would do the whole work"
    case .otherMPI(let built):
      "started as one of several processes by the launcher of another MPI than \(built), with which the "
        + "program is built: each would do the whole work"
    case .separate:
      "started by srun as one of several tasks without PMIx: each would do the whole work"
    }
  }
}
