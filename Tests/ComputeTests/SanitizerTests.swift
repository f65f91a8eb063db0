import Foundation
import TestSupport
import Testing

/// The C arithmetic under sanitizers, its operands between guard pages. `make sanitize` runs it in
/// every variant.
@Suite struct SanitizerTests {
  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sanitizers/run")

  /// Runs the script with arguments: its exit code and what it printed. Output goes to a file,
  /// which no child of the script can hold open.
  private static func run(_ arguments: String...) throws -> (code: Int32, output: String) {
    let folder = try TemporaryFolder()
    let file = try folder.write("output", "")
    let handle = try FileHandle(forWritingTo: file)
    let process = Process()
    process.executableURL = script
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
  }

  private static var compilerHasSanitizers: Bool { (try? run("0", "probe").code) == 0 }

  @Test(
    .enabled(
      if: compilerHasSanitizers,
      "needs clang with its sanitizers, which Swift's toolchain for Linux has: Tests/Sanitizers/run"
    ))
  func noFunctionTouchesMoreThanItsOperands() throws {
    let (code, output) = try Self.run("4", "quick")
    #expect(code == 0, "\(output)")
    let lines = output.split(separator: "\n")
    for sanitizers in ["address,undefined", "thread"] {
      #expect(
        lines.contains { $0.contains(sanitizers) && $0.contains(" calls, ") }, "\(output)")
    }
  }
}
