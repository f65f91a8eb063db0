import Foundation
import TestSupport
import Testing

/// The built `train-gpu`, run as a process.
enum Program {
  /// The result of a run.
  struct Result {
    let code: Int32
    let output: String
    /// All of standard error.
    let allErrors: String

    /// Standard error, without the lines of progress that a slow machine shows before a refusal.
    var errors: String {
      allErrors.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("reading the files") && !$0.hasPrefix("loading the model: ") }
        .joined(separator: "\n")
    }

    /// Standard error, line by line.
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// The path next to the test bundle, where the package manager builds both.
  static let url: URL = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "train-gpu")

  /// Runs it, or another program, to its end.
  ///
  /// - Parameter environment: variables that differ from this process's own.
  static func run(
    _ arguments: [String], of program: URL = url, input: String = "",
    environment: [String: String] = [:]
  ) throws -> Result {
    let running = try Running(arguments, of: program, input: input, environment: environment)
    return try running.wait()
  }

  /// Expects that the arguments are refused: exit code 2, nothing on standard output, and this one
  /// line on standard error.
  static func expectRefusal(
    _ arguments: [String], _ message: String, input: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(arguments, input: input)
    #expect(result.code == 2, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errors == "train-gpu: \(message)\n", sourceLocation: sourceLocation)
  }

  /// Variables of caches apart from the user's, whose tunings would change results; but PoCL takes
  /// minutes to compile its kernels anew, and keeps them where it does by itself.
  static let caches: [String: String] = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { "\($0)/.cache" }
    var caches = ["XDG_CACHE_HOME": TestDevice.caches.path]
    caches["POCL_CACHE_DIR"] =
      environment["POCL_CACHE_DIR"] ?? cache.map { "\($0)/pocl/kcache" }
    return caches
  }()

  /// A run in the background. Output goes to files, so that no pipe can fill up.
  final class Running {
    private let process = Process()
    private let folder: URL

    /// - Parameter hasOwnTemporaryFolder: whether it does not share a folder of temporary files.
    init(
      _ arguments: [String], of program: URL = url, input: String = "",
      environment: [String: String] = [:], hasOwnTemporaryFolder: Bool = false
    ) throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for name in ["input", "output", "errors"] {
        let content = name == "input" ? Data(input.utf8) : Data()
        try content.write(to: folder.appending(path: name))
      }
      process.executableURL = program
      process.arguments = arguments
      let own = hasOwnTemporaryFolder ? ["TMPDIR": folder.path] : [:]
      process.environment = ProcessInfo.processInfo.environment
        .merging(Program.caches) { $1 }.merging(environment) { $1 }.merging(own) { $1 }
      process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: "input"))
      process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "output"))
      process.standardError = try FileHandle(forWritingTo: folder.appending(path: "errors"))
      try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Sends a signal: SIGINT is that of Ctrl-C.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    var isRunning: Bool { process.isRunning }

    /// Waits until standard error contains a text, or the program has ended.
    func wait(forError text: String) throws {
      while process.isRunning, try !self.text("errors").contains(text) { usleep(20_000) }
    }

    func wait() throws -> Result {
      process.waitUntilExit()
      return Result(
        code: process.terminationStatus, output: try text("output"),
        allErrors: try text("errors"))
    }

    private func text(_ name: String) throws -> String {
      try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
  }
}
