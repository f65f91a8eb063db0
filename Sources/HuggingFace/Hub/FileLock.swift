import Foundation
import Safetensors

/// A lock between processes, as the hub's other tools take it: `flock` on a file of its own.
struct FileLock: ~Copyable {
  private let handle: FileHandle

  /// Waits until no other process holds the lock, and takes it.
  init(at url: URL) throws(FileError) {
    let handle: FileHandle
    do {
      let manager = FileManager.default
      try manager.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      if !manager.fileExists(atPath: url.path) { try Data().write(to: url) }
      handle = try FileHandle(forUpdating: url)
    } catch {
      throw FileError(path: url.path, action: "make a lock", reason: "\(error)")
    }
    while flock(handle.fileDescriptor, LOCK_EX) != 0 {
      if errno != EINTR {
        throw FileError(path: url.path, action: "take the lock", reason: "error \(errno)")
      }
    }
    self.handle = handle
  }

  deinit {
    flock(handle.fileDescriptor, LOCK_UN)
    try? handle.close()
  }
}
