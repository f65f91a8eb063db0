import Foundation

/// The memory limits of the control groups that this process is in (Linux:
/// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst). Groups are nested, and the
/// limit of each group on the way to the root holds.
struct ControlGroups {
  /// The files of a hierarchy.
  private struct Version {
    let limit: String
    let usage: String
    /// Lines of `memory.stat`: pages of files and caches that the system drops before it refuses
    /// memory.
    let reclaimable: [String]

    static let v2 = Version(
      limit: "memory.max", usage: "memory.current",
      reclaimable: ["inactive_file", "active_file", "slab_reclaimable"])
    static let v1 = Version(
      limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
      reclaimable: ["total_inactive_file", "total_active_file"])
  }

  /// What /proc/self/mountinfo says of a hierarchy.
  private struct Mount {
    /// Where it is mounted.
    let point: String
    /// The group that stands at the mount point.
    let root: String
  }

  /// Every limit that is set.
  ///
  /// - Parameter root: stands in front of every path that is read.
  static func limits(root: String) -> [MemoryLimit] {
    let groups = lines(of: "\(root)/proc/self/cgroup").compactMap(group)
    let mounts = mounts(root: root)
    return groups.flatMap { version, path -> [MemoryLimit] in
      guard let mount = version == 2 ? mounts.v2 : mounts.v1 else { return [] }
      let files = version == 2 ? Version.v2 : Version.v1
      return folders(of: path, in: mount).compactMap { limit(of: $0, files, root: root) }
    }
  }

  /// A line `ID:CONTROLLERS:PATH`: version 2 has id 0 and no controllers.
  private static func group(_ line: Substring) -> (version: Int, path: Substring)? {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    if fields[0] == "0" && fields[1].isEmpty { return (2, fields[2]) }
    return fields[1].split(separator: ",").contains("memory") ? (1, fields[2]) : nil
  }

  /// Lines `ID PARENT DEVICE ROOT POINT OPTIONS [FIELDS] - TYPE SOURCE OPTIONS`.
  private static func mounts(root: String) -> (v1: Mount?, v2: Mount?) {
    var found: (v1: Mount?, v2: Mount?)
    for line in lines(of: "\(root)/proc/self/mountinfo") {
      let fields = line.split(separator: " ")
      guard let dash = fields.lastIndex(of: "-"), dash >= 6, fields.count > dash + 3 else {
        continue
      }
      let mount = Mount(point: unescaped(fields[4]), root: unescaped(fields[3]))
      switch fields[dash + 1] {
      case "cgroup2": found.v2 = found.v2 ?? mount
      case "cgroup" where fields[dash + 3].split(separator: ",").contains("memory"):
        found.v1 = found.v1 ?? mount
      default: break
      }
    }
    return found
  }

  /// The folders of a group and of those around it, the innermost first, as far as they are
  /// mounted. A group that is not below the one at the mount point, as in some containers, is that
  /// one.
  private static func folders(of path: Substring, in mount: Mount) -> [String] {
    let all = path.split(separator: "/")
    let above = mount.root.split(separator: "/")
    let isBelow = all.starts(with: above) && !all.contains("..")
    let inner = isBelow ? Array(all.dropFirst(above.count)) : []
    return (0...inner.count).reversed().map { count in
      ([mount.point] + inner.prefix(count).map { String($0) }).joined(separator: "/")
    }
  }

  private static func limit(
    of folder: String, _ files: Version, root: String
  ) -> MemoryLimit? {
    let file = "\(folder)/\(files.limit)"
    // Version 2 writes "max" where there is none, version 1 a number near 2^63.
    guard let limit = number(in: root + file), limit < 1 << 60,
      let used = number(in: "\(root)\(folder)/\(files.usage)")
    else { return nil }
    var reclaimable = 0
    for line in lines(of: "\(root)\(folder)/memory.stat") {
      let parts = line.split(separator: " ")
      if parts.count == 2, files.reclaimable.contains(String(parts[0])) {
        reclaimable += Int(parts[1]) ?? 0
      }
    }
    let available = limit - max(used - reclaimable, 0)
    return MemoryLimit(byteCount: limit, availableBytes: max(available, 0), source: file)
  }

  private static func number(in file: String) -> Int? {
    lines(of: file).first.flatMap { Int($0) }
  }

  private static func lines(of file: String) -> [Substring] {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n") ?? []
  }

  /// A path of mountinfo, in which spaces and the like are written as three octal digits.
  private static func unescaped(_ text: Substring) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")].reduce(String(text)) {
      $0.replacing($1.0, with: $1.1)
    }
  }
}
