import Foundation

/// A program that runs in a terminal of its own, with the keys that a test presses.
final class PseudoTerminal {
  private let process = Process()
  private let master: Int32
  private var bytes: [UInt8] = []

  /// TIOCSPTLCK and TIOCGPTN of Linux.
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  /// What could not be opened.
  struct Failure: Error {}

  /// Starts a program.
  init(_ arguments: [String], of program: URL = Program.url, columns: UInt16 = 100) throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (number, lock): (Int32, Int32) = (0, 0)
    guard master >= 0, unsafe ioctl(master, Self.setLock, &lock) == 0,
      unsafe ioctl(master, Self.getNumber, &number) == 0
    else { throw Failure() }
    let slave = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    guard slave >= 0 else { throw Failure() }
    defer { close(slave) }
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(slave, UInt(TIOCSWINSZ), &size)
    let handle = FileHandle(fileDescriptor: dup(slave), closeOnDealloc: true)
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["TERM": "xterm", "NO_COLOR": "1"]) { $1 }
    process.standardInput = handle
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  deinit {
    if process.isRunning { send(SIGKILL) }
    close(master)
  }

  /// All that it has shown, as bytes of UTF-8.
  var output: String { String(decoding: bytes, as: UTF8.self) }

  /// The screen after all of that.
  var screen: String {
    var screen = Screen()
    screen.write(output)
    return screen.text
  }

  /// Presses keys.
  func press(_ keys: String) { press(bytes: Array(keys.utf8)) }

  /// Sends bytes, which may be no text.
  func press(bytes: [UInt8]) {
    var rest = bytes
    while !rest.isEmpty {
      let count = unsafe write(master, rest, rest.count)
      guard count > 0 else { return }
      rest.removeFirst(count)
    }
  }

  /// Sends a signal.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Reads until the output has a text so many times; false where it ends or a minute passes
  /// before.
  func wait(for text: String, times: Int = 1) -> Bool {
    let end = ContinuousClock.now + Self.patience
    while output.ranges(of: text).count < times {
      guard ContinuousClock.now < end, read() else { return false }
    }
    return true
  }

  /// Reads to the end and returns the exit code. A program that does not end within a minute is
  /// ended.
  func finish() -> Int32 {
    let end = ContinuousClock.now + Self.patience
    while read() {
      if ContinuousClock.now > end { send(SIGKILL) }
    }
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static let patience = Duration.seconds(60)

  /// Reads what comes within a moment; false where the program has ended and nothing is left.
  private func read() -> Bool {
    var poll = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    let isRunning = process.isRunning
    guard unsafe Glibc.poll(&poll, 1, 100) > 0 else { return isRunning }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(master, &buffer, buffer.count)
    guard count > 0 else { return false }
    bytes += buffer[..<count]
    return true
  }
}
