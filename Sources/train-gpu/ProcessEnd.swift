import CTerminal
import Foundation

/// How the program ends.
enum ProcessEnd {
  /// Ends the process at once, with the terminal as it was found, and without the code that
  /// libraries run at the end: OpenBLAS waits there for its own threads, which under a limit of
  /// address space (`ulimit -v`) retry an allocation for ever.
  static func exit(_ code: Int32) -> Never {
    terminal_restore()
    fflush(nil)
    _exit(code)
  }
}
