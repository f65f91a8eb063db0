import Foundation

/// What the system counts of this process.
enum HostMemory {
  /// The most memory that the process ever had resident, in bytes: `VmHWM` of /proc/self/status; 0
  /// where there is no such file.
  static var peakBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({
        Int($0)
      })
    else { return 0 }
    return kibibytes << 10
  }
}
