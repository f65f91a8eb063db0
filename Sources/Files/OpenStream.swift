import Foundation

/// A pipe, a device or a terminal that is open for writing.
///
/// A pipe that nobody reads is refused: opening it would wait for ever.
package final class OpenStream: Sendable {
  /// The descriptor, which is closed with this object.
  let descriptor: Int32

  /// Opens a stream.
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

  deinit { close(descriptor) }
}
