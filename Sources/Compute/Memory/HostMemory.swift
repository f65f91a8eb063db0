import Foundation

/// The memory of the machine, as far as this process may use it: the machine's own, or less where a
/// control group (a container, a service, a batch job) limits it.
package enum HostMemory {
  /// Bytes that the process may hold, and bytes that are left for it.
  package static func current(root: String = "") -> MemoryLimits {
    let own = [machine(root: root), addressSpace(root: root)].compactMap { $0 }
    return MemoryLimits(own + ControlGroups.limits(root: root))
  }

  /// Bytes that are left for each of some processes: equal parts of what the machine and the
  /// control groups allow, and what this process's own address space does.
  package static func availableBytes(toEachOf processes: Int, root: String = "") -> Int {
    let shared = MemoryLimits(
      [machine(root: root)].compactMap { $0 } + ControlGroups.limits(root: root))
    return min(
      shared.tightest.availableBytes / processes,
      addressSpace(root: root)?.availableBytes ?? .max)
  }

  /// The limit of the process's address space (`ulimit -v`) and what is left of it; nil where there
  /// is none.
  package static func addressSpace(root: String = "") -> MemoryLimit? {
    guard let text = try? String(contentsOfFile: "\(root)/proc/self/limits", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max address space ") }),
      let limit = line.split(whereSeparator: \.isWhitespace).dropFirst(3).first.flatMap({ Int($0) }
      ),
      let used = byteCount("VmSize", in: "\(root)/proc/self/status")
    else { return nil }
    return MemoryLimit(
      byteCount: limit, availableBytes: max(limit - used, 0),
      source: "the limit of address space (ulimit -v)")
  }

  /// How often a growing process is checked: asking the system costs more than a small allocation.
  private static let checkedStep = 64 << 20

  /// Throws where memory that is about to be allocated is not there. The system is queried whenever
  /// the held bytes pass a multiple of 64 MiB.
  static func check(
    byteCount: Int, heldBytes: Int, device: String, root: String = ""
  ) throws(ComputeError) {
    let isStep = byteCount >= checkedStep - heldBytes % checkedStep
    guard isStep else { return }
    let limits = current(root: root)
    // Buffers that nothing was written into yet still count as free.
    let unheld = max(limits.smallest.byteCount - heldBytes, 0)
    let (limit, available) =
      unheld < limits.tightest.availableBytes
      ? (limits.smallest, unheld) : (limits.tightest, limits.tightest.availableBytes)
    if byteCount > available {
      throw .outOfMemory(device: device, needed: byteCount, available: available, limit: limit)
    }
  }

  /// The most memory that the process ever had resident, in bytes: `VmHWM` of /proc/self/status; 0
  /// where there is no such file.
  package static var peakBytes: Int {
    byteCount("VmHWM", in: "/proc/self/status") ?? 0
  }

  /// `MemTotal` and `MemAvailable` of /proc/meminfo; nil where there is none.
  private static func machine(root: String) -> MemoryLimit? {
    let file = "\(root)/proc/meminfo"
    guard let total = byteCount("MemTotal", in: file),
      let available = byteCount("MemAvailable", in: file)
    else { return nil }
    return MemoryLimit(byteCount: total, availableBytes: available, source: "the machine's memory")
  }

  /// The value of a line `NAME: COUNT kB`.
  private static func byteCount(_ name: String, in file: String) -> Int? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({
        Int($0)
      })
    else { return nil }
    return kibibytes << 10
  }
}

/// One limit of what the process may hold.
package struct MemoryLimit: Sendable, Equatable {
  /// The limit in bytes.
  package let byteCount: Int
  /// What of it is free, or held by files that the system may drop.
  package let availableBytes: Int
  /// What sets it: the machine, or the file of a control group.
  package let source: String

  /// A limit.
  package init(byteCount: Int, availableBytes: Int, source: String) {
    self.byteCount = byteCount
    self.availableBytes = availableBytes
    self.source = source
  }
}

/// All limits that hold at a time.
package struct MemoryLimits: Sendable, Equatable {
  /// The limit with the fewest bytes left; the machine's where nothing is known.
  package let tightest: MemoryLimit
  /// The smallest limit.
  package let smallest: MemoryLimit

  init(_ limits: [MemoryLimit]) {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let unknown = MemoryLimit(
      byteCount: physical, availableBytes: physical, source: "the machine's memory")
    tightest = limits.min { $0.availableBytes < $1.availableBytes } ?? unknown
    smallest = limits.min { $0.byteCount < $1.byteCount } ?? unknown
  }
}
