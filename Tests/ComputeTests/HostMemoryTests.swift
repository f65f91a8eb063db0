import Foundation
import TestSupport
import Testing

@testable import Compute

/// Memory limits of containers, read from folders that look like /proc and /sys.
@Suite struct HostMemoryTests {
  private let folder: TemporaryFolder
  private static let mebibyte = 1 << 20

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      "proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\nMemAvailable:   8192000 kB\n")
  }

  private var root: String { folder.url.path }

  private func group(
    _ path: String, limit: String, usage: Int, stat: String, isVersion1: Bool = false
  ) throws {
    let base = isVersion1 ? "sys/fs/cgroup/memory" : "sys/fs/cgroup"
    let names =
      isVersion1
      ? ("memory.limit_in_bytes", "memory.usage_in_bytes") : ("memory.max", "memory.current")
    try folder.write("\(base)/\(path)/\(names.0)", "\(limit)\n")
    try folder.write("\(base)/\(path)/\(names.1)", "\(usage)\n")
    try folder.write("\(base)/\(path)/memory.stat", stat)
  }

  private func v2(_ path: String, root mountRoot: String = "/") throws {
    try folder.write("proc/self/cgroup", "0::\(path)\n")
    try folder.write(
      "proc/self/mountinfo",
      """
      23 28 0:22 / /proc rw - proc proc rw
      31 23 0:28 \(mountRoot) /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate

      """)
  }

  @Test func withoutGroupsTheMachineHolds() {
    let limits = HostMemory.current(root: root)
    #expect(limits.tightest.availableBytes == 8_192_000 << 10)
    #expect(limits.smallest.byteCount == 16_384_000 << 10)
    #expect(limits.tightest.source == "the machine's memory")
  }

  /// Ranks of a host share its memory; the limit of address space is each process's own.
  @Test func processesOfAHostHaveEqualParts() throws {
    #expect(HostMemory.availableBytes(toEachOf: 1, root: root) == 8_192_000 << 10)
    #expect(HostMemory.availableBytes(toEachOf: 4, root: root) == 2_048_000 << 10)
    try folder.write(
      "proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units\n"
        + "Max address space         4000000000           unlimited            bytes\n")
    try folder.write("proc/self/status", "VmSize:\t  1000000 kB\n")
    let own = 4_000_000_000 - 1_000_000 << 10
    #expect(HostMemory.availableBytes(toEachOf: 1, root: root) == own)
    #expect(HostMemory.availableBytes(toEachOf: 2, root: root) == own)
    #expect(HostMemory.availableBytes(toEachOf: 4, root: root) == 2_048_000 << 10)
  }

  @Test func theDeviceCountsTheProcessesOnItsMemory() throws {
    let device = try Device(cpuThreads: 1)
    let alone = device.availableBytes
    device.processesOnMemory = 1 << 20
    #expect(device.availableBytes < alone / 1000)
  }

  @Test func withoutAnythingTheProcessorsMemoryHolds() throws {
    let empty = try TemporaryFolder()
    let limits = HostMemory.current(root: empty.url.path)
    #expect(limits.tightest.availableBytes == Int(ProcessInfo.processInfo.physicalMemory))
  }

  /// A service in a slice: the slice has less left, the service the smaller limit.
  @Test func everyGroupOnTheWayToTheRootCounts() throws {
    try v2("/batch.slice/job 1.service")
    let mebibyte = Self.mebibyte
    try group(
      "batch.slice/job 1.service", limit: "\(512 * mebibyte)", usage: 100 * mebibyte,
      stat: "anon 1\ninactive_file \(20 * mebibyte)\nactive_file \(10 * mebibyte)\nfile 5\n")
    try group(
      "batch.slice", limit: "\(1024 * mebibyte)", usage: 900 * mebibyte,
      stat: "inactive_file 0\nslab_reclaimable \(mebibyte)\n")
    let limits = HostMemory.current(root: root)
    #expect(limits.smallest.byteCount == 512 * mebibyte)
    #expect(
      limits.smallest.source == "/sys/fs/cgroup/batch.slice/job 1.service/memory.max")
    #expect(limits.smallest.availableBytes == 442 * mebibyte)
    #expect(limits.tightest.availableBytes == 125 * mebibyte)
    #expect(limits.tightest.source == "/sys/fs/cgroup/batch.slice/memory.max")
  }

  @Test func noLimitIsNone() throws {
    try v2("/a")
    try group("a", limit: "max", usage: 5, stat: "")
    #expect(HostMemory.current(root: root).smallest.byteCount == 16_384_000 << 10)
  }

  /// In a container with a namespace of its own the group is `/`; without one the mount shows the
  /// group at its root.
  @Test(arguments: [("/", "/"), ("/docker/c0ffee", "/docker/c0ffee"), ("/../other", "/")])
  func aContainer(path: String, mountRoot: String) throws {
    try v2(path, root: mountRoot)
    try group("", limit: "1048576000", usage: 48_576_000, stat: "inactive_file 0\n")
    let limits = HostMemory.current(root: root)
    #expect(limits.tightest.availableBytes == 1_000_000_000)
    #expect(limits.tightest.source == "/sys/fs/cgroup/memory.max")
  }

  @Test func version1() throws {
    try folder.write(
      "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/c0ffee/inner\n0::/\n")
    try folder.write(
      "proc/self/mountinfo",
      """
      32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
      35 31 0:32 /docker/c0ffee /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

      """)
    let mebibyte = Self.mebibyte
    try group(
      "inner", limit: "9223372036854771712", usage: 10, stat: "", isVersion1: true)
    try group(
      "", limit: "\(256 * mebibyte)", usage: 200 * mebibyte,
      stat: "inactive_file 1\ntotal_inactive_file \(50 * mebibyte)\ntotal_active_file 0\n",
      isVersion1: true)
    let limits = HostMemory.current(root: root)
    #expect(limits.tightest.availableBytes == 106 * mebibyte)
    #expect(limits.tightest.byteCount == 256 * mebibyte)
    #expect(limits.tightest.source == "/sys/fs/cgroup/memory/memory.limit_in_bytes")
  }

  @Test func theAddressSpaceIsALimit() throws {
    try folder.write(
      "proc/self/limits",
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max cpu time              unlimited            unlimited            seconds
      Max address space         1073741824           unlimited            bytes

      """)
    try folder.write("proc/self/status", "Name:\tx\nVmPeak:\t  9 kB\nVmSize:\t  262144 kB\n")
    let limits = HostMemory.current(root: root)
    #expect(limits.smallest.byteCount == 1024 * Self.mebibyte)
    #expect(limits.tightest.availableBytes == 768 * Self.mebibyte)
    #expect(limits.tightest.source == "the limit of address space (ulimit -v)")
    try folder.write("proc/self/limits", "Max address space   unlimited   unlimited   bytes\n")
    #expect(HostMemory.addressSpace(root: root) == nil)
  }

  /// Buffers take memory when they are written into, so what is free says nothing of them.
  @Test func heldBuffersCountBeforeTheyAreWritten() throws {
    try v2("/a")
    let mebibyte = Self.mebibyte
    try group("a", limit: "\(512 * mebibyte)", usage: 10 * mebibyte, stat: "")
    func check(_ byteCount: Int, held: Int) throws(ComputeError) {
      try HostMemory.check(
        byteCount: byteCount * mebibyte, heldBytes: held * mebibyte, device: "cpu", root: root)
    }
    try check(112, held: 400)
    #expect {
      try check(113, held: 400)
    } throws: { error in
      "\(error)" == "cpu is out of memory: 113 MiB needed, 112 MiB available of 512 MiB allowed by "
        + "/sys/fs/cgroup/a/memory.max"
    }
  }

  @Test func moreInUseThanAllowedLeavesNothing() throws {
    try v2("/a")
    try group("a", limit: "1000", usage: 5000, stat: "")
    #expect(HostMemory.current(root: root).tightest.availableBytes == 0)
  }

  @Test func outOfMemorySaysHowMuchIsAllowedAndByWhat() {
    let limit = MemoryLimit(
      byteCount: 512 << 20, availableBytes: 100 << 20, source: "/sys/fs/cgroup/memory.max")
    let error = ComputeError.outOfMemory(
      device: "cpu", needed: 200 << 20, available: 100 << 20, limit: limit)
    #expect(
      "\(error)"
        == "cpu is out of memory: 200 MiB needed, 100 MiB available of 512 MiB allowed by "
        + "/sys/fs/cgroup/memory.max")
  }
}
