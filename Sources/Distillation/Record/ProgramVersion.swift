/// The version of this program.
package enum ProgramVersion {
  /// As `--version` prints it and runs record it.
  package static let text = "0.1.0"
  /// Its day, for the man page.
  package static let date = "2026-11-26"
}
