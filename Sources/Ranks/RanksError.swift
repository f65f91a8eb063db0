/// Why this process cannot be a rank of the job in which it was started.
package enum RanksError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program is built without MPI.
  case notBuilt

  /// One line.
  package var description: String {
    switch self {
    case .notBuilt:
      "started as one of several processes of MPI, but built without MPI: each would do the whole work"
    }
  }
}
