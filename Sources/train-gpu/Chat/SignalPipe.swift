import Foundation

/// A pipe of the process to itself, which wakes a thread that waits for input.
struct SignalPipe: Sendable {
  /// The end that becomes readable; -1 where the system has no pipe left.
  let reading: Int32
  private let writing: Int32

  /// Opens a pipe, neither end of which waits.
  init() {
    var ends: [Int32] = [-1, -1]
    _ = unsafe pipe(&ends)
    for end in ends where end >= 0 {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (reading, writing) = (ends[0], ends[1])
  }

  /// Makes it readable; a full pipe is that already.
  func notify() {
    var byte: UInt8 = 0
    _ = unsafe write(writing, &byte, 1)
  }

  /// Takes out what is in it.
  func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(reading, &bytes, bytes.count) > 0 {}
  }
}
