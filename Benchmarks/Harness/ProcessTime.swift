import Foundation

/// The processor time that this process has used, of all its threads.
enum ProcessTime {
  /// In seconds; POSIX has a million ticks a second.
  static var seconds: Double { Double(clock()) / 1_000_000 }
}
