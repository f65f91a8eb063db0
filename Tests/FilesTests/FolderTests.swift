import Foundation
import TestSupport
import Testing

@testable import Files

/// Folders that are made, while other processes make some too.
@Suite struct FolderTests {
  private let folder: TemporaryFolder
  private let manager = FileManager.default

  init() throws { folder = try TemporaryFolder() }

  private func url(_ path: String) -> URL { folder.url.appending(path: path) }

  @Test func aFolderIsMadeWithThoseThatLeadToIt() throws {
    try manager.makeFolder(url("a/b/c"))
    #expect(manager.isFolder(url("a/b/c")))
    try manager.makeFolder(url("a/b/c"))
    #expect(try manager.makeNewFolder(url("d/e")) && manager.isFolder(url("d/e")))
    #expect(try !manager.makeNewFolder(url("d/e")))
  }

  /// What another process makes after the look at what is missing stays, though it is empty.
  @Test func foldersOfAnotherProcessStay() throws {
    let long = String(repeating: "a", count: 300)
    let last = url("a/b/\(long)")
    let missing = [last, url("a/b"), url("a")]
    try manager.makeFolder(url("a"))
    #expect {
      try manager.makeFolders(missing, for: last)
    } throws: { "\($0)" == "\(last.path): cannot make the folder: File name too long" }
    #expect(manager.isFolder(url("a")) && !manager.isFolder(url("a/b")))
    #expect(try manager.makeFolders([url("a/c"), url("a")], for: url("a/c")) == [url("a/c")])
    #expect(manager.isFolder(url("a/c")))
  }

  @Test func aFileInTheWayIsNamed() throws {
    try folder.write("file", "text")
    for (path, reason) in [("file", "File exists"), ("file/a/b", "Not a directory")] {
      #expect {
        try manager.makeFolder(url(path))
      } throws: { "\($0)" == "\(url(path).path): cannot make the folder: \(reason)" }
    }
    #expect(try folder.names() == ["file"])
  }
}
