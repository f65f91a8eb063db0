import Foundation

/// A file that lines are added to, one at a time. What it holds already is never changed.
package enum AppendedFile {
  /// Adds a line to the end of a file, which is created where there is none.
  ///
  /// A last line without an end gets one first. Other processes that append in the same way wait,
  /// so lines stay whole. Where the system takes only a part, that part is removed again.
  ///
  /// - Parameters:
  ///   - line: the line without its end.
  ///   - url: the file, or a device or pipe.
  /// - Throws: when the system refuses; the file then holds what it held before.
  package static func append(line: String, to url: URL) throws(FileError) {
    let path = url.path
    var descriptor = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    // A pipe or a device may take no reader.
    if descriptor < 0 { descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw .afterFailedCall(path: path, action: "open it for appending")
    }
    defer { close(descriptor) }
    _ = AtomicFile.untilUninterrupted { flock(descriptor, LOCK_EX) }
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let size = isFile ? status.st_size : 0
    let start = isLineOpen(descriptor, size) ? "\n" : ""
    var rest = Array("\(start)\(line)\n".utf8)
    while !rest.isEmpty {
      let count = unsafe write(descriptor, rest, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        let error = FileError.afterFailedCall(path: path, action: "append to it")
        if isFile { ftruncate(descriptor, size) }
        throw error
      }
      rest.removeFirst(count)
    }
  }

  /// Checks that lines can be added to a file; one that is not there is made and removed again.
  package static func check(_ url: URL) throws(FileError) {
    let (path, access) = (url.path, O_WRONLY | O_APPEND | O_CLOEXEC)
    let made = unsafe open(path, access | O_CREAT | O_EXCL, 0o666)
    let descriptor = made < 0 && errno == EEXIST ? unsafe open(path, access) : made
    guard descriptor >= 0 else {
      throw .afterFailedCall(path: path, action: "open it for appending")
    }
    close(descriptor)
    if made >= 0 { unsafe unlink(path) }
  }

  /// Whether the last line of a file has no end.
  private static func isLineOpen(_ descriptor: Int32, _ size: Int) -> Bool {
    var last: UInt8 = 0
    guard size > 0, unsafe pread(descriptor, &last, 1, size - 1) == 1 else { return false }
    return last != UInt8(ascii: "\n")
  }
}
