import Foundation
import Safetensors

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Writes an answer to the end of a file and hashes it on the way.
struct HubFileSink: HubSink {
  /// The bytes of the file so far.
  private(set) var byteCount: Int

  /// What came with a status that brings no contents.
  private(set) var refusal = HubTextSink()

  private let path: String
  private let handle: FileHandle
  private var hash: SHA256?
  private var bringsContents = false
  private let report: @Sendable (Int) -> Void

  /// Opens a file, or makes it, and takes in what it holds already.
  ///
  /// - Parameters:
  ///   - url: the file.
  ///   - hashes: whether the contents are hashed.
  ///   - report: is told the number of bytes that are here.
  init(
    appendingTo url: URL, hashes: Bool, report: @escaping @Sendable (Int) -> Void
  ) throws {
    if !FileManager.default.fileExists(atPath: url.path) {
      try Data().write(to: url)
    }
    path = url.path
    handle = try FileHandle(forUpdating: url)
    self.report = report
    var hash = hashes ? SHA256() : nil
    var byteCount = 0
    while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
      hash?.update(data.span)
      byteCount += data.count
    }
    self.hash = hash
    self.byteCount = byteCount
    report(byteCount)
  }

  mutating func begin(_ response: HTTPURLResponse) throws {
    bringsContents = response.statusCode == 200 || response.statusCode == 206
    let range = response.value(forHTTPHeaderField: "Content-Range")
    let continues =
      response.statusCode == 206 && range?.hasPrefix("bytes \(byteCount)-") ?? false
    if bringsContents && !continues { try restart() }
  }

  mutating func receive(_ data: Data) throws {
    guard bringsContents else {
      refusal.receive(data)
      return
    }
    do {
      try handle.write(contentsOf: data)
    } catch {
      throw FileError(path: path, action: "write", reason: "\(error)")
    }
    hash?.update(data.span)
    byteCount += data.count
    report(byteCount)
  }

  /// Forgets everything that came so far.
  mutating func restart() throws {
    try handle.truncate(atOffset: 0)
    if hash != nil { hash = SHA256() }
    byteCount = 0
  }

  /// Brings the file to the disk.
  ///
  /// - Returns: the SHA-256 of the contents in hexadecimal digits, where they were hashed.
  mutating func finish() throws -> String? {
    try handle.synchronize()
    try handle.close()
    return hash.map { hash in
      var hash = hash
      return SHA256.hexadecimal(hash.finish())
    }
  }
}
