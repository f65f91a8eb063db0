import Foundation

/// The kind of a path to which a file is to be written.
package enum OutputPath: Sendable, Equatable {
  /// Nothing or an ordinary file, at this path, which leads through no link to a file.
  case file(path: String)
  /// A character device, a pipe or a terminal: written into, never replaced.
  case stream(path: String)

  /// Looks at a path without changing anything.
  ///
  /// - Throws: where no file can be written: the folder is missing or not writable, or the path
  ///   leads to a folder, a disk, a socket or nowhere.
  package init(_ path: String) throws(FileError) {
    var status = stat()
    if unsafe stat(path, &status) != 0 {
      let code = errno
      let isLink = unsafe lstat(path, &status) == 0
      if code == ELOOP, isLink {
        throw FileError(
          path: path, action: "write", reason: "it is a link that leads back to itself")
      }
      errno = code
      guard code == ENOENT else { throw .afterFailedCall(path: path, action: "write") }
      if isLink {
        throw FileError(path: path, action: "write", reason: "it is a link that leads nowhere")
      }
      self = .file(path: path)
    } else {
      switch status.st_mode & S_IFMT {
      case S_IFREG: self = .file(path: Self.resolved(path))
      case S_IFCHR, S_IFIFO: self = .stream(path: path)
      default:
        let kind = SpecialFile(mode: status.st_mode)?.title ?? "no ordinary file"
        throw FileError(path: path, action: "write", reason: "it is \(kind)")
      }
    }
    if case .file(let target) = self, unsafe access(Self.folder(of: target), W_OK | X_OK) != 0 {
      throw .afterFailedCall(path: path, action: "create a file beside it")
    }
  }

  /// The path of the file that a link leads to; the path itself where it is no link.
  private static func resolved(_ path: String) -> String {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
      let target = unsafe realpath(path, nil)
    else { return path }
    defer { unsafe free(target) }
    return unsafe String(cString: target)
  }

  private static func folder(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }
}
