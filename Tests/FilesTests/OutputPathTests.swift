import Foundation
import TestSupport
import Testing

@testable import Files

/// What is no ordinary file is written into or refused, never replaced.
@Suite("OutputPath")
struct OutputPathTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appending(path: name).path }

  private func kind(of path: String) throws -> mode_t {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw POSIXError(.ENOENT) }
    return status.st_mode & S_IFMT
  }

  @Test("a device takes the bytes and stays a device")
  func device() throws {
    #expect(try OutputPath("/dev/null") == .stream(path: "/dev/null"))
    try AtomicFile.replaceContents(of: URL(fileURLWithPath: "/dev/null"), with: [1, 2, 3])
    #expect(try kind(of: "/dev/null") == S_IFCHR)
    #expect {
      try AtomicFile.replaceContents(of: URL(fileURLWithPath: "/dev/full"), with: [1])
    } throws: { error in
      "\(error)" == "/dev/full: cannot write: No space left on device"
    }
    #expect(try kind(of: "/dev/full") == S_IFCHR)
  }

  @Test("a pipe takes the bytes and stays a pipe")
  func pipe() throws {
    let pipe = path("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    // Opened for both, so that neither end waits for the other.
    let reader = try FileHandle(forUpdating: URL(fileURLWithPath: pipe))
    try AtomicFile.replaceContents(of: URL(fileURLWithPath: pipe), with: [1, 2, 3])
    #expect(try reader.read(upToCount: 3) == Data([1, 2, 3]))
    #expect(try kind(of: pipe) == S_IFIFO)
    #expect(try folder.names() == ["pipe"])
  }

  @Test("a pipe that nobody reads is refused at once, and one whose reader is there stays open")
  func unreadPipe() throws {
    let pipe = path("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    #expect {
      try AtomicFile.replaceContents(of: URL(fileURLWithPath: pipe), with: [1])
    } throws: { error in
      "\(error)" == "\(pipe): cannot open it for writing: no program reads from this pipe"
    }
    let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let stream = try OpenStream(pipe)
    // Writing waits for a slow reader.
    #expect(fcntl(stream.descriptor, F_GETFL) & O_NONBLOCK == 0)
    try AtomicFile.replaceContents(of: URL(fileURLWithPath: pipe), with: [1, 2])
    var bytes: [UInt8] = [0, 0, 0]
    #expect(unsafe read(reader, &bytes, 3) == 2 && bytes == [1, 2, 0])
  }

  @Test("a link stays a link, and the file that it leads to is replaced")
  func link() throws {
    try folder.write("real/out", "before")
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: "real/out")
    try AtomicFile.replaceContents(of: URL(fileURLWithPath: path("link")), with: [65])
    #expect(try kind(of: path("link")) == S_IFLNK)
    #expect(try String(contentsOfFile: path("real/out"), encoding: .utf8) == "A")
    #expect(try FileManager.default.contentsOfDirectory(atPath: path("real")) == ["out"])
  }

  @Test("folders, links that lead nowhere and missing folders are refused")
  func refusals() throws {
    try FileManager.default.createSymbolicLink(
      atPath: path("dangling"), withDestinationPath: "nowhere")
    try FileManager.default.createSymbolicLink(atPath: path("loop"), withDestinationPath: "loop")
    for (name, reason) in [
      ("dangling", "write: it is a link that leads nowhere"),
      ("loop", "write: it is a link that leads back to itself"), ("", "write: it is a folder"),
      ("absent/out", "create a file beside it: No such file or directory"),
    ] {
      let target = name.isEmpty ? folder.url.path : path(name)
      #expect {
        try OutputPath(target)
      } throws: { "\($0)" == "\(target): cannot \(reason)" }
      #expect(throws: FileError.self) {
        try AtomicFile.replaceContents(of: URL(fileURLWithPath: target), with: [1])
      }
    }
    #expect(try OutputPath(path("new")) == .file(path: path("new")))
    #expect(try folder.names() == ["dangling", "loop"])
  }

  @Test("what cannot be made is known beforehand, and nothing is left of the trial")
  func trials() throws {
    let long = String(repeating: "a", count: 250)
    #expect {
      try AtomicFile.check(URL(fileURLWithPath: path(long)))
    } throws: { "\($0)" == "\(path(long)): cannot create a file beside it: File name too long" }
    try AtomicFile.check(URL(fileURLWithPath: path("new")))
    try AtomicFile.check(URL(fileURLWithPath: "/dev/null"))
    try AppendedFile.check(URL(fileURLWithPath: path("log")))
    let manager = FileManager.default
    try manager.checkCanMake(URL(fileURLWithPath: path("a/b/c")))
    let longer = path("\(long)\(long)/b")
    #expect {
      try manager.checkCanMake(URL(fileURLWithPath: longer))
    } throws: { "\($0)" == "\(longer): cannot make the folder: File name too long" }
    // Below folders that could be made, and within the longest path.
    let deep = path("a/b/\(long)\(long)/c")
    let whole = path(Array(repeating: long, count: 17).joined(separator: "/"))
    for path in [deep, whole] {
      #expect {
        try manager.checkCanMake(URL(fileURLWithPath: path))
      } throws: { "\($0)" == "\(path): cannot make the folder: File name too long" }
      #expect {
        try manager.makeNewFolder(URL(fileURLWithPath: path))
      } throws: { "\($0)".hasSuffix("File name too long") }
    }
    // A folder whose path leaves 20 bytes.
    let length = Int(PATH_MAX) - 21
    var last = path("b")
    while last.utf8.count < length - 201 { last += "/" + String(repeating: "a", count: 200) }
    last += "/" + String(repeating: "a", count: length - last.utf8.count - 1)
    let full = URL(fileURLWithPath: last)
    try manager.checkCanMake(full, holding: 19)
    #expect {
      try manager.checkCanMake(full, holding: 20)
    } throws: { "\($0)" == "\(last): cannot make the folder: File name too long" }
    #expect(try folder.names().isEmpty)
    try folder.write("log", "before")
    try AppendedFile.check(URL(fileURLWithPath: path("log")))
    #expect(try String(contentsOfFile: path("log"), encoding: .utf8) == "before")
  }

  @Test("a call that a signal interrupts is made again; another failure is none of that")
  func interrupted() {
    var results: [(Int32, Int32)] = [(-1, EINTR), (-1, EINTR), (0, 0), (-1, EIO)]
    func call() -> Int32 {
      let (result, code) = results.removeFirst()
      errno = code
      return result
    }
    #expect(AtomicFile.untilUninterrupted(call) == 0)
    #expect(results.count == 1)
    #expect(AtomicFile.untilUninterrupted(call) == -1 && errno == EIO)
  }
}
