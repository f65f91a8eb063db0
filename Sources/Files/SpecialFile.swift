import Foundation

/// What stands in the place of an ordinary file, for the message about it. Opening some of these
/// waits for ever.
package enum SpecialFile: String, Sendable, CustomStringConvertible {
  case folder = "a folder"
  case pipe = "a pipe, which can be read only once; save it as a file"
  case device = "a device"
  case socket = "a socket"

  /// Looks at a path without opening it; nil for an ordinary file, and where there is nothing.
  package init?(at path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(mode: status.st_mode)
  }

  /// The kind by the mode that the system reports of a file; nil for an ordinary one.
  init?(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .pipe
    case S_IFCHR, S_IFBLK: self = .device
    case S_IFSOCK: self = .socket
    default: return nil
    }
  }

  package var description: String { rawValue }

  /// What it is, without advice: of a name that a program uses itself.
  package var title: String {
    if case .pipe = self { "a pipe" } else { rawValue }
  }
}
