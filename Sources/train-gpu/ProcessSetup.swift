import CSignals
import Compute
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

  /// Refuses an address space in which nothing runs: libraries wait for ever for a thread for
  /// which there is no address space, and small allocations trap.
  static func checkAddressSpace() throws(AddressSpaceError) {
    guard let limit = HostMemory.addressSpace() else { return }
    // The libraries' threads take address space from the start, more with more cores.
    let used = limit.byteCount - limit.availableBytes
    let least = max(1 << 30, used + (512 << 20))
    if limit.byteCount < least { throw AddressSpaceError(limit: limit, leastBytes: least) }
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

/// A limit of address space that is too small for anything.
struct AddressSpaceError: Error, CustomStringConvertible {
  /// The limit.
  let limit: MemoryLimit
  /// What it has to be.
  let leastBytes: Int

  /// One line.
  var description: String {
    "\(limit.source) is \(limit.byteCount >> 20) MiB: expected \(leastBytes >> 20) MiB or more"
  }
}
