import Foundation

/// Output of results. A failed write is an error: a full disk or a closed output must not look like
/// success.
package enum StandardOutput {
  /// Writes a line.
  package static func line(_ text: String) throws(FileError) { try write("\(text)\n") }

  /// Writes text as it is.
  package static func write(_ text: String) throws(FileError) { try write(Data(text.utf8)) }

  /// Writes bytes.
  package static func write(_ bytes: Data) throws(FileError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: bytes)
    } catch {
      throw FileError(
        path: "standard output", action: "write", reason: FileManager.reason(of: error))
    }
  }
}
