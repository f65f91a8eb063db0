import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileLockTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Whether the folder's lock is free.
  private func isFree(_ url: URL) throws -> Bool {
    let lock = try FileLock(ofFolder: url)
    return lock != nil
  }

  private func take(_ url: URL, _ body: (borrowing FileLock) throws -> Void) throws {
    guard let lock = try FileLock(ofFolder: url) else {
      Issue.record("the lock is held")
      return
    }
    try body(lock)
  }

  @Test func aFolderHasOneHolder() throws {
    try take(folder.url) { lock in
      let isHeld = lock.isHeld(at: folder.url)
      #expect(isHeld)
      let isFree = try isFree(folder.url)
      #expect(!isFree)
    }
    #expect(try isFree(folder.url))
  }

  /// As a process that is being started has them.
  @Test func copiesOfTheDescriptorHoldNothing() throws {
    var copies: [CInt] = []
    try take(folder.url) { lock in
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      for name in descriptors {
        guard let descriptor = CInt(name),
          let path = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/\(name)"),
          path == folder.url.resolvingSymlinksInPath().path
        else { continue }
        copies.append(dup(descriptor))
      }
      let isFree = try isFree(folder.url)
      #expect(!isFree)
    }
    #expect(!copies.isEmpty)
    #expect(try isFree(folder.url))
    for copy in copies { close(copy) }
  }

  @Test func anotherFolderOfTheNameIsNotHeld() throws {
    let url = folder.url.appending(path: "run")
    try FileManager.default.makeFolder(url)
    try take(url) { lock in
      try FileManager.default.move(url, to: folder.url.appending(path: "earlier"))
      let isHeldWithoutFolder = lock.isHeld(at: url)
      #expect(!isHeldWithoutFolder)
      try FileManager.default.makeFolder(url)
      let isHeldInAnother = lock.isHeld(at: url)
      #expect(!isHeldInAnother)
    }
  }

  @Test func aMissingFolderIsNamed() {
    let url = folder.url.appending(path: "missing")
    #expect {
      try isFree(url)
    } throws: { error in
      (error as? FileError)?.path == url.path
    }
  }

  @Test func aLockFileIsMadeWithItsFolders() throws {
    let url = folder.url.appending(path: "a/b.lock")
    for _ in 0..<2 {
      let lock = try FileLock(waitingFor: url)
      let isHeld = lock.isHeld(at: url)
      #expect(isHeld)
    }
  }

  @Test func waitsForTheHolder() async throws {
    let url = folder.url.appending(path: "b.lock")
    let order = AsyncStream.makeStream(of: String.self)
    let lock = try FileLock(waitingFor: url)
    let waiter = Task.detached {
      let later = try FileLock(waitingFor: url)
      order.continuation.yield("waiter")
      order.continuation.finish()
      _ = consume later
    }
    try await Task.sleep(for: .milliseconds(50))
    order.continuation.yield("holder")
    _ = consume lock
    try await waiter.value
    var found: [String] = []
    for await name in order.stream { found.append(name) }
    #expect(found == ["holder", "waiter"])
  }
}
