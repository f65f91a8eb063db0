import Files
import Foundation

extension OutputPath {
  /// Checks before the work that a result can go where `--output` says: to a file, or into a pipe
  /// that somebody reads.
  ///
  /// - Parameters:
  ///   - url: the path.
  ///   - checkReplaced: checks a file that may be there.
  /// - Returns: the open pipe or device, which keeps its reader waiting for the result; nil for a
  ///   file.
  static func open(
    _ url: URL, checkReplaced: (String) throws -> Void
  ) throws -> OpenStream? {
    do {
      switch try OutputPath(url.path) {
      case .file(let path):
        try checkReplaced(path)
        try AtomicFile.check(url)
        return nil
      case .stream(let path): return try OpenStream(path)
      }
    } catch let error as FileError where !error.isOfDisk {
      throw UsageError(description: "--output: \(error)")
    }
  }
}
