import Foundation

/// A program that was run to its end, or to a limit.
struct ChildProcess {
  /// How it ended.
  enum Ending: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)
    case timeLimit

    var description: String {
      switch self {
      case .exit(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      case .timeLimit: "the time limit"
      }
    }
  }

  /// What it may use.
  struct Limits {
    var seconds: Double
    /// Of address space; what asks for more is refused, and ends most programs.
    var mebibytes: Int
  }

  let ending: Ending
  let errors: String

  /// The lines on standard error.
  var errorLines: [Substring] { errors.split(whereSeparator: \.isNewline) }

  /// What is wrong with the ending of a run that may fail: a program refuses with exit code 1 or 2
  /// and one line, whose characters a terminal shows and does not obey. Nil where nothing is wrong.
  var fault: String? {
    if errors.unicodeScalars.contains(where: Self.isControl) {
      return "control characters on standard error: \(errors.prefix(300).debugDescription)"
    }
    return switch ending {
    case .exit(0): nil
    case .exit(1), .exit(2):
      errorLines.count == 1 && errors.hasPrefix("train-gpu: ")
        ? nil : "\(ending) with \(errorLines.count) lines: \(errors.prefix(300))"
    default: "\(ending): \(errors.suffix(300))"
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }

  /// Runs a program.
  ///
  /// - Parameters:
  ///   - folder: where it starts; its streams are kept in files there.
  ///   - input: the text of its standard input.
  ///   - environment: what differs from this process's own.
  init(
    _ program: URL, _ arguments: [String], in folder: URL, input: String = "",
    environment: [String: String] = [:], limits: Limits
  ) throws {
    let (inputFile, outputFile, errorFile) = (
      folder.appending(path: "stream.input"), folder.appending(path: "stream.output"),
      folder.appending(path: "stream.errors")
    )
    try Data(input.utf8).write(to: inputFile)
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments =
      ["-c", "ulimit -v \"$0\" && exec \"$@\"", "\(limits.mebibytes * 1024)", program.path]
      + arguments
    process.currentDirectoryURL = folder
    let quiet = ["SWIFT_BACKTRACE": "enable=no", "HF_HUB_OFFLINE": "1"]
    process.environment = ProcessInfo.processInfo.environment
      .merging(quiet) { $1 }.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    let end = ContinuousClock.now + .seconds(limits.seconds)
    while process.isRunning && ContinuousClock.now < end { usleep(1000) }
    let isLate = process.isRunning
    if isLate { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    let status = process.terminationStatus
    ending =
      isLate ? .timeLimit : process.terminationReason == .exit ? .exit(status) : .signal(status)
    errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
  }
}
