import Foundation

/// A pipe, a device or a terminal that is open for writing.
///
/// A pipe that nobody reads is refused: opening it would wait for ever.
package final class OpenStream: Sendable {
  /// The descriptor, which is closed with this object.
  let descriptor: Int32

  /// Opens a stream.
  ///
  /// - Throws: when the system refuses, as for a pipe that nobody reads.
  package init(_ path: String) throws(FileError) {
    descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENXIO, SpecialFile(at: path) == .pipe {
        throw FileError(
          path: path, action: "open it for writing", reason: "no program reads from this pipe")
      }
      throw .afterFailedCall(path: path, action: "open it for writing")
    }
    // Writing itself waits for the reader.
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0 else {
      close(descriptor)
      throw .afterFailedCall(path: path, action: "open it for writing")
    }
  }

  /// Writes all bytes, and waits for the reader of a full pipe.
  ///
  /// - Throws: when the system refuses, as where nobody reads any more.
  package func append(_ bytes: [UInt8], path: String) throws(FileError) {
    // The end of the reader is an error to be told, and not the end of the process.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { _ = signal(SIGPIPE, before) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { source in
        unsafe write(descriptor, source.baseAddress, source.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .afterFailedCall(path: path, action: "write") }
      rest = rest.dropFirst(count)
    }
  }

  deinit { close(descriptor) }
}
