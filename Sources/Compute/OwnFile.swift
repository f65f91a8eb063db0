import Foundation

/// Files that only this user can have written.
enum OwnFile {
  /// The contents of an ordinary file, reached through no link of that name, that belongs to the
  /// user and that nobody else may write; nil for any other.
  static func contents(of path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard isOwn(descriptor) else { return nil }
    return (try? handle.readToEnd()).map { [UInt8]($0) }
  }

  /// Appends to such a file, by one write, so that lines of several processes do not mix. It is
  /// created if it is not there. Nothing happens where the system refuses.
  static func append(_ bytes: [UInt8], to path: String) {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let descriptor = unsafe open(path, flags, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if isOwn(descriptor) { _ = unsafe write(descriptor, bytes, bytes.count) }
  }

  private static func isOwn(_ descriptor: Int32) -> Bool {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_uid == geteuid() && status.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  /// Writes a file that only the user may read and write; it appears under its name when it is
  /// complete. Nothing happens where the system refuses.
  static func replace(_ path: String, with bytes: [UInt8]) {
    let temporary = "\(path).\(UInt64.random(in: 0...UInt64.max)).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let isWritten = (try? handle.write(contentsOf: bytes)) != nil
    if unsafe !isWritten || rename(temporary, path) != 0 { unsafe unlink(temporary) }
  }
}
