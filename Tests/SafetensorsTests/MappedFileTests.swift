import CSignals
import Files
import Foundation
import TestSupport
import Testing

@testable import Safetensors

/// A mapped file that loses pages while they are read.
@Suite("MappedFile")
struct MappedFileTests {
  @Test("ends the program with a line that names the file")
  func truncated() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(3), observing: [\.standardErrorContent]
    ) {
      let prefix: StaticString = "program: "
      unsafe mapped_files_report_faults(prefix.utf8Start, 3)
      let folder = try TemporaryFolder()
      // A second file shows that it is the right one that is named, a third that a record is used
      // again.
      let other = folder.url.appending(path: "other.safetensors")
      try SafetensorsWriter.write([("a", [1], [1])], to: other)
      do { _ = try SafetensorsFile(contentsOf: other) }
      let url = folder.url.appending(path: "short.safetensors")
      try SafetensorsWriter.write(
        [("a", [1 << 20], [Float](repeating: 1, count: 1 << 20))], to: url)
      let file = try SafetensorsFile(contentsOf: url)
      let second = try SafetensorsFile(contentsOf: other)
      let tensor = try file.tensor(named: "a")
      #expect(unsafe truncate(url.path, 4096) == 0)
      let last = file.withBytes(of: tensor) { bytes in
        unsafe bytes.unsafeLoad(fromByteOffset: bytes.byteCount - 1, as: UInt8.self)
      }
      // Not reached: the process has ended.
      withExtendedLifetime(second) { print(last) }
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("program: ") })
    #expect(
      line.hasSuffix(
        "/short.safetensors: cannot be read any more: the file became shorter while it was in use, "
          + "or its disk failed"))
  }

  @Test("a fault outside of mapped files ends the program as ever")
  func otherFault() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let prefix: StaticString = "program: "
      unsafe mapped_files_report_faults(prefix.utf8Start, 3)
      raise(SIGBUS)
      raise(SIGBUS)
    }
  }
}
