import CSignals
import Foundation

/// The settings of the process, made before anything else.
enum ProcessSetup {
  /// Makes the settings.
  static func perform() {
    // A file beyond `ulimit -f` is then an error of the write, with a message, and not the end of
    // the process.
    signal(SIGXFSZ, SIG_IGN)
    unsafe mapped_files_report_faults(faultPrefix.utf8Start, 1)
    keepStandardDescriptors()
  }

  /// Lives as long as the process.
  private static let faultPrefix: StaticString = "train-gpu: "

  /// Keeps a file that is opened later from getting the descriptor of a closed standard stream,
  /// which would write results or messages into that file. Reading and writing such a stream fails
  /// as before.
  private static func keepStandardDescriptors() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
      // The lowest free descriptor is this one. It is opened in the wrong direction, so that its
      // use is an error.
      _ = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
