/// The version of this program.
package enum ProgramVersion {
  /// As `--version` prints it and runs record it.
  package static let text = "0.1.0"
}
