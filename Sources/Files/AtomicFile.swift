import Foundation

/// A file that appears under its name only when it is complete.
///
/// Bytes go to a temporary file in the same folder. ``finish()`` brings them to the disk and
/// renames the file, which replaces any file of that name. A value that ends without ``finish()``
/// removes its temporary file.
///
/// A device or a pipe is not replaced: bytes go into it as they come (``OutputPath``).
@safe
package struct AtomicFile: ~Copyable {
  /// The path of the finished file.
  package let path: String

  /// Nil where bytes go into a device or a pipe.
  private let temporary: (path: String, target: String)?
  private let descriptor: Int32
  /// The open device or pipe.
  private let stream: OpenStream?
  private var isNamed = false

  /// Opens the temporary file.
  ///
  /// - Parameter url: the path of the finished file; its folder exists.
  /// - Throws: when the system refuses; nothing is left behind.
  package init(replacing url: URL) throws(FileError) {
    let temporary: (path: String, target: String)?
    let (descriptor, stream): (Int32, OpenStream?)
    switch try OutputPath(url.path) {
    case .file(let target):
      let file = URL(fileURLWithPath: target)
      let folder = file.deletingLastPathComponent().path
      let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(folder)/.\(file.lastPathComponent).\(suffix).tmp"
      temporary = (path, target)
      descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0 {
        throw .afterFailedCall(path: url.path, action: "create a file beside it")
      }
      stream = nil
    case .stream(let target):
      temporary = nil
      let opened = try OpenStream(target)
      descriptor = opened.descriptor
      stream = opened
    }
    path = url.path
    self.temporary = temporary
    self.descriptor = descriptor
    self.stream = stream
  }

  /// Whether a name is that of a temporary file for a file of the name `target`.
  package static func isTemporary(_ name: String, of target: String) -> Bool {
    let (start, end) = (".\(target).", ".tmp")
    guard name.hasPrefix(start), name.hasSuffix(end) else { return false }
    let suffix = name.dropFirst(start.count).dropLast(end.count)
    return name.count > start.count + end.count && UInt64(suffix, radix: 36) != nil
  }

  /// Bytes that the name of a temporary file has beside that of its file, at most.
  package static let temporaryLength = 2 + String(UInt64.max, radix: 36).utf8.count + 4

  deinit {
    if stream == nil { close(descriptor) }
    if let temporary, !isNamed { unsafe unlink(temporary.path) }
  }

  /// Appends bytes.
  ///
  /// - Throws: when the system refuses.
  package mutating func append(_ bytes: RawSpan) throws(FileError) {
    let error: FileError? = unsafe bytes.withUnsafeBytes { source in
      var offset = 0
      while offset < source.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: source[offset...])
        let count = unsafe write(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno != EINTR { return .afterFailedCall(path: path, action: "write") }
        offset += max(count, 0)
      }
      return nil
    }
    if let error { throw error }
  }

  /// Brings the bytes to the disk and gives the file its name.
  ///
  /// - Throws: when the system refuses; the name then leads to what it led to before.
  package consuming func finish() throws(FileError) {
    guard let temporary else { return }
    try Self.synchronize(descriptor, path: path)
    if unsafe rename(temporary.path, temporary.target) != 0 {
      throw .afterFailedCall(path: path, action: "give the new file its name")
    }
    isNamed = true
    syncFolder(of: temporary.target)
  }

  /// Brings the bytes of an open file to the disk; a signal in between does not end the wait.
  ///
  /// - Parameters:
  ///   - descriptor: the open file.
  ///   - path: its path, for the error.
  /// - Throws: when the system refuses.
  package static func synchronize(_ descriptor: Int32, path: String) throws(FileError) {
    if untilUninterrupted({ fsync(descriptor) }) != 0 {
      throw .afterFailedCall(path: path, action: "bring it to the disk")
    }
  }

  /// The result of a call of the system, which is made again as long as a signal interrupts it.
  static func untilUninterrupted(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result == 0 || errno != EINTR { return result }
    }
  }

  /// Makes the new name itself durable. Some file systems refuse this for folders; the file is
  /// whole either way.
  private func syncFolder(of target: String) {
    let folder = unsafe open(
      URL(fileURLWithPath: target).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder < 0 { return }
    _ = Self.untilUninterrupted { fsync(folder) }
    close(folder)
  }

  /// Checks that a file can be written, by making its temporary file and removing it again:
  /// permissions do not tell what a file system holds, or how long its names may be. A device or
  /// pipe is looked at alone.
  package static func check(_ url: URL) throws(FileError) {
    guard case .file = try OutputPath(url.path) else { return }
    _ = try AtomicFile(replacing: url)
  }

  /// Writes a whole file, for example a JSON text.
  ///
  /// - Throws: when the system refuses; an earlier file of this name is then unchanged.
  package static func replaceContents(of url: URL, with bytes: [UInt8]) throws(FileError) {
    var file = try AtomicFile(replacing: url)
    try unsafe file.append(bytes.span.bytes)
    try file.finish()
  }
}
