import Files
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Writes an answer to the end of a file and hashes it on the way. The announced length is a cap:
/// nothing beyond it is written.
struct HubFileSink: HubSink {
  /// The bytes of the file so far.
  private(set) var byteCount: Int

  /// What came with a status that brings no contents.
  private(set) var refusal = HubTextSink(limit: HubTextSink.refusalLimit)

  private let url: URL
  private let file: HubListing.File
  private let path: String
  private let handle: FileHandle
  private var hash: ContentHash
  private var bringsContents = false
  private let report: @Sendable (Int) -> Void

  /// Opens a file, or makes it, and takes in what it holds already.
  ///
  /// - Parameters:
  ///   - partial: the file.
  ///   - file: what is announced of it.
  ///   - url: where it comes from, for errors.
  ///   - report: called with the number of bytes that are here.
  init(
    appendingTo partial: URL, of file: HubListing.File, from url: URL,
    report: @escaping @Sendable (Int) -> Void
  ) throws {
    if !FileManager.default.fileExists(atPath: partial.path) {
      try Data().write(to: partial)
    }
    self.url = url
    self.file = file
    path = partial.path
    handle = try FileHandle(forUpdating: partial)
    self.report = report
    hash = ContentHash(file.hash, byteCount: file.byteCount)
    byteCount = 0
    if try handle.seekToEnd() > UInt64(file.byteCount) { try restart() }
    try handle.seek(toOffset: 0)
    while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
      hash.update(data.span)
      byteCount += data.count
    }
    report(byteCount)
  }

  /// Whether everything that was announced is here.
  var isComplete: Bool { byteCount == file.byteCount }

  mutating func begin(_ response: HTTPURLResponse) throws {
    bringsContents = response.statusCode == 200 || response.statusCode == 206
    let range = response.value(forHTTPHeaderField: "Content-Range")
    let continues =
      response.statusCode == 206 && range?.hasPrefix("bytes \(byteCount)-") ?? false
    if bringsContents && !continues { try restart() }
  }

  mutating func receive(_ data: Data) throws -> Bool {
    guard bringsContents else { return refusal.receive(data) }
    guard data.count <= file.byteCount - byteCount else {
      throw HubError.tooLong(url: url.absoluteString, expected: file.byteCount)
    }
    do {
      try handle.write(contentsOf: data)
    } catch {
      throw FileError(path: path, action: "write", reason: "\(error)")
    }
    hash.update(data.span)
    byteCount += data.count
    report(byteCount)
    return true
  }

  /// Forgets everything that came so far.
  private mutating func restart() throws {
    try handle.truncate(atOffset: 0)
    hash = ContentHash(file.hash, byteCount: file.byteCount)
    byteCount = 0
  }

  /// Brings the file to the disk.
  ///
  /// - Returns: the hash of the contents in hexadecimal digits.
  mutating func finish() throws -> String {
    try AtomicFile.synchronize(handle.fileDescriptor, path: path)
    try handle.close()
    return hash.finish()
  }
}
