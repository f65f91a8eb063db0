import Foundation

/// A file that the operating system refused to read or write.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file, as the caller gave it.
  package let path: String

  /// What was tried, after "cannot": `open the file`.
  package let action: String

  /// The system's reason: `No such file or directory`.
  package let reason: String

  /// An error about the file at `path`.
  package init(path: String, action: String, reason: String) {
    self.path = path
    self.action = action
    self.reason = reason
  }

  /// One line: path, action, reason.
  package var description: String { "\(path): cannot \(action): \(reason)" }

  /// Whether the disk is at fault, which is full or broken, rather than the path.
  package var isOfDisk: Bool {
    [ENOSPC, EDQUOT, EIO].contains { unsafe reason.contains(String(cString: strerror($0))) }
  }

  /// The error of the call of the operating system that failed just now.
  package static func afterFailedCall(path: String, action: String) -> FileError {
    FileError(path: path, action: action, reason: unsafe String(cString: strerror(errno)))
  }
}
