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

  deinit {
    try? handle.close()
  }
}
