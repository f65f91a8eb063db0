import Foundation

/// An exclusive lock between processes: `flock` on a file or a folder. It is released with the
/// value, and when the process ends in any way.
package struct FileLock: ~Copyable {
  private let handle: FileHandle

  /// Waits for the lock of a file, which is made where it does not exist.
  ///
  /// - Throws: when the file cannot be made or locked.
  package init(waitingFor url: URL) throws(FileError) {
    let handle: FileHandle
    do {
      let manager = FileManager.default
      try manager.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      if !manager.fileExists(atPath: url.path) { try Data().write(to: url) }
      handle = try FileHandle(forUpdating: url)
    } catch {
      throw FileError(path: url.path, action: "make a lock", reason: FileManager.reason(of: error))
    }
    while flock(handle.fileDescriptor, LOCK_EX) != 0 {
      if errno != EINTR { throw .afterFailedCall(path: url.path, action: "take the lock") }
    }
    self.handle = handle
  }

  /// Takes the lock of an existing folder, which leaves no file behind; nil where another process
  /// holds it.
  ///
  /// On a file system without such locks, as NFS is for folders, the lock excludes nobody.
  ///
  /// - Throws: when the folder cannot be opened.
  package init?(ofFolder folder: URL) throws(FileError) {
    do {
      handle = try FileHandle(forReadingFrom: folder)
    } catch {
      throw FileError(
        path: folder.path, action: "open the folder", reason: FileManager.reason(of: error))
    }
    while flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return nil }
      if errno != EINTR { return }
    }
  }

  /// Whether the file or folder at this path is still the one whose lock was taken.
  package func isHeld(at url: URL) -> Bool {
    var (own, present) = (stat(), stat())
    return unsafe fstat(handle.fileDescriptor, &own) == 0 && stat(url.path, &present) == 0
      && (own.st_dev, own.st_ino) == (present.st_dev, present.st_ino)
  }

  deinit {
    // A process that is being started has a copy of the descriptor until it runs its program, so
    // closing this one alone may leave the folder locked for a moment.
    flock(handle.fileDescriptor, LOCK_UN)
    try? handle.close()
  }
}
