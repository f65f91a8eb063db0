import Foundation
import Safetensors

/// A run's claim on its output folder: `flock` on the folder itself, which leaves no file behind and
/// ends with the process, however that ends.
struct FolderLock: ~Copyable {
  private let handle: FileHandle

  /// Takes the lock of a folder that exists; nil where another run holds it.
  ///
  /// A file system that keeps no such locks, as NFS does for folders, gives one that keeps nobody out.
  init?(of folder: URL) throws(FileError) {
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

  /// Whether the folder at this path is still the one whose lock was taken.
  func isHeld(at folder: URL) -> Bool {
    var (own, present) = (stat(), stat())
    return unsafe fstat(handle.fileDescriptor, &own) == 0 && stat(folder.path, &present) == 0
      && (own.st_dev, own.st_ino) == (present.st_dev, present.st_ino)
  }

  deinit {
    try? handle.close()
  }
}
