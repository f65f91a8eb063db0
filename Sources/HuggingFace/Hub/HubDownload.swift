import Files
import Foundation

/// Fetches files of a repository into the cache: contents into `blobs`, a link to them into the
/// snapshot.
struct HubDownload {
  private let hub: Hub
  private let repository: HubRepository
  private let commit: String
  private let report: @Sendable (HubProgress) -> Void
  private var receivedBytes = 0
  private var totalBytes = 0

  init(
    hub: Hub, repository: HubRepository, commit: String,
    report: @escaping @Sendable (HubProgress) -> Void
  ) {
    self.hub = hub
    self.repository = repository
    self.commit = commit
    self.report = report
  }

  /// Fetches the files that are not here yet.
  ///
  /// - Throws: before anything is fetched where the disk has no space for all of them.
  mutating func fetch(_ files: [HubListing.File]) throws(HubError) {
    try checkRoom(for: files)
    totalBytes += files.reduce(0) { $0 + $1.byteCount }
    for file in files {
      try fetch(file)
      receivedBytes += file.byteCount
    }
  }

  private func checkRoom(for files: [HubListing.File]) throws(HubError) {
    let blobs = hub.cache.folder(of: repository).appending(path: "blobs")
    var missing: [String: Int] = [:]
    for file in files {
      let blob = blobs.appending(path: file.blob)
      if FileManager.default.fileExists(atPath: blob.path) { continue }
      let there = Self.size(of: blob.appendingPathExtension("incomplete"))
      missing[file.blob] = max(0, file.byteCount - there)
    }
    let needed = missing.values.reduce(0, +)
    guard needed > 0, let free = hub.freeBytes(blobs), free < needed else { return }
    throw .insufficientSpace(cache: hub.cache.folder.path, needed: needed, free: free)
  }

  private static func size(of file: URL) -> Int {
    (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
  }

  private func fetch(_ file: HubListing.File) throws(HubError) {
    let folder = hub.cache.folder(of: repository)
    let blob = folder.appending(path: "blobs/\(file.blob)")
    let link = folder.appending(path: "snapshots/\(commit)/\(file.name)")
    let lockName = "\(repository.folderName)/\(file.blob).lock"
    do {
      // Another process may be fetching the same contents: then they are here when the lock is
      // free.
      let lock = try FileLock(waitingFor: hub.cache.folder.appending(path: ".locks/\(lockName)"))
      if !FileManager.default.fileExists(atPath: blob.path) { try fetch(file, to: blob) }
      try Self.makeLink(at: link, to: blob, depth: file.name.split(separator: "/").count)
      _ = consume lock
    } catch let error as HubError {
      throw error
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .file(FileError(path: blob.path, action: "store a download", reason: "\(error)"))
    }
  }

  /// Gets the contents, continuing what an earlier try left, and checks them.
  private func fetch(_ file: HubListing.File, to blob: URL) throws {
    let url = hub.address(of: file.name, in: repository, at: commit)
    let partial = blob.appendingPathExtension("incomplete")
    try FileManager.default.createDirectory(
      at: blob.deletingLastPathComponent(), withIntermediateDirectories: true)
    let (received, total) = (receivedBytes, totalBytes)
    let reached = { Self.size(of: partial) }
    let digest = try hub.attempt(url, measuring: reached) { () throws -> String in
      var sink = try HubFileSink(appendingTo: partial, of: file, from: url) { [report] count in
        report(
          HubProgress(file: file.name, receivedBytes: received + count, totalBytes: total))
      }
      if !sink.isComplete || file.byteCount == 0 {
        sink = try hub.get(url, repository, into: sink)
      }
      guard sink.isComplete else {
        throw PassingFailure(
          reason: "the connection broke after \(sink.byteCount) of \(file.byteCount) bytes")
      }
      return try sink.finish()
    }
    guard digest == file.blob else {
      try FileManager.default.removeItem(at: partial)
      throw HubError.wrongChecksum(
        url: url.absoluteString, hash: file.hash.name, expected: file.blob, found: digest)
    }
    try FileManager.default.moveItem(at: partial, to: blob)
  }

  /// A relative link, so that the cache can be moved.
  private static func makeLink(at link: URL, to blob: URL, depth: Int) throws {
    let manager = FileManager.default
    if manager.fileExists(atPath: link.path) { return }
    try manager.createDirectory(
      at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    // A link that leads nowhere is left from contents that were removed.
    try? manager.removeItem(at: link)
    let up = String(repeating: "../", count: depth + 1)
    try manager.createSymbolicLink(
      atPath: link.path, withDestinationPath: "\(up)blobs/\(blob.lastPathComponent)")
  }
}
