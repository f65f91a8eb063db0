import Foundation
import TestSupport
import Testing

@testable import Compute

/// Compiled programs are taken from files alone that nobody else can have written.
@Suite struct OwnFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.url.appending(path: "program.bin").path
    OwnFile.replace(path, with: [1, 2, 3])
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    #expect(OwnFile.contents(of: path) == [1, 2, 3])
    OwnFile.replace(path, with: [4])
    #expect(OwnFile.contents(of: path) == [4])
    #expect(try folder.names() == ["program.bin"])
  }

  @Test(arguments: [0o620, 0o602, 0o666] as [mode_t])
  func aFileThatOthersMayWriteIsNotTaken(mode: mode_t) {
    #expect(unsafe chmod(path, mode) == 0)
    #expect(OwnFile.contents(of: path) == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func aFileOfAnotherUserIsNotTaken() {
    #expect(unsafe chown(path, 65534, 65534) == 0)
    #expect(OwnFile.contents(of: path) == nil)
  }

  @Test func linksPipesAndFoldersAreNotTaken() throws {
    let link = folder.url.appending(path: "link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let pipe = folder.url.appending(path: "pipe").path
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for path in [link, pipe, folder.url.path, folder.url.appending(path: "none").path] {
      #expect(OwnFile.contents(of: path) == nil, "\(path)")
    }
  }
}
