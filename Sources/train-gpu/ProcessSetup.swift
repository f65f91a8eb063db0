import CSignals
import Foundation

/// What the program settles with the system before anything else.
enum ProcessSetup {
  /// Settles it.
  static func perform() {
    // A file beyond `ulimit -f` is then an error of the write, with a message, and not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    unsafe mapped_files_report_faults(faultPrefix.utf8Start, 1)
    keepStandardDescriptors()
  }

  /// Lives as long as the process.
  private static let faultPrefix: StaticString = "train-gpu: "

  /// Keeps a file that is opened later from taking the number of a closed standard stream, in which case results or
  /// messages would go into that file. Reading and writing such a stream fails as before.
  private static func keepStandardDescriptors() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
      // The lowest free number is this one. Opened for the wrong direction, so that its use is an error.
      _ = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
