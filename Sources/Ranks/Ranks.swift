import Foundation

/// The processes that share out one run, with the calls by which they exchange numbers.
///
/// Each rank holds the whole model and does its share of the examples. All ranks make the same
/// calls in the same order, and every call gives all ranks the same result, so that they decide
/// alike. A process that was started by itself is the only rank, of which every call returns at
/// once what it was given.
package struct Ranks: Sendable {
  /// This process's rank, from 0.
  package let rank: Int
  /// The name of every rank's host, where there are several ranks.
  package let hosts: [String]
  /// The cores for this rank: those that it may run on, divided among the ranks of its host that
  /// may run on the same ones. Nil for one rank.
  package let cores: Int?
  /// The first of the ranks that may run on the same cores, for every rank.
  private let firstOnCores: [Int]
  /// Nil for one rank.
  private let world: World?

  /// One rank: this process alone.
  package static let one = Ranks(nil)

  /// Joins the job in which a launcher has started this process.
  ///
  /// - Throws: where there are several processes, and they cannot be joined.
  package static func join(_ launch: Launch) throws(RanksError) -> Ranks {
    if case .separate = launch { throw .separate }
    return Ranks(try World.join(launch))
  }

  private init(_ world: World?) {
    self.world = world
    rank = world?.rank ?? 0
    guard let world, world.count > 1 else {
      (hosts, cores, firstOnCores) = ([""], nil, [0])
      return
    }
    let name = Array(world.host.utf8)
    let names = Self.gather(name, world).map { String(decoding: $0, as: UTF8.self) }
    let masks = Self.gather(Self.coreMask, world)
    let firsts = names.indices.map { rank in
      names.indices.first { names[$0] == names[rank] && masks[$0] == masks[rank] } ?? rank
    }
    let sharing = firsts.count { $0 == firsts[world.rank] }
    (hosts, firstOnCores) = (names, firsts)
    let allowed = masks[world.rank].reduce(0) {
      $0 + (Character(UnicodeScalar($1)).hexDigitValue?.nonzeroBitCount ?? 0)
    }
    let present = ProcessInfo.processInfo.activeProcessorCount
    cores = max(1, (allowed > 0 ? min(allowed, present) : present) / sharing)
  }

  /// The cores that this process may run on, as Linux writes them: a launcher may bind ranks to
  /// cores.
  private static var coreMask: [UInt8] {
    let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
    let lines = status.split(separator: UInt8(ascii: "\n"))
    let name = Array("Cpus_allowed:".utf8)
    return lines.first { $0.starts(with: name) }.map { Array($0.dropFirst(name.count)) } ?? []
  }

  /// Number of ranks.
  package var count: Int { hosts.count }
  /// Whether this is the rank that writes and reports.
  package var isFirst: Bool { rank == 0 }
  /// The ranks of this one's host, this one among them.
  package var onSameHost: [Int] { hosts.indices.filter { hosts[$0] == hosts[rank] } }

  /// Whether some ranks share cores.
  package var shareCores: Bool { Set(firstOnCores).count < count }
  /// Number of the ranks on this one's cores, this one among them.
  package var onSameCores: Int { firstOnCores.count { $0 == firstOnCores[rank] } }
  /// Whether this is the first of them.
  package var isFirstOnCores: Bool { firstOnCores[rank] == rank }

  /// Leaves the job once all ranks do. No other call follows.
  package func leave() { world?.leave() }

  /// Ends the processes of all ranks, this one too.
  package func abort(code: Int32) { world?.abort(code: code) }
}

extension Ranks {
  /// The elements of every rank, in rank order.
  package func gather<Element: BitwiseCopyable>(_ own: [Element]) -> [[Element]] {
    world.map { Self.gather(own, $0) } ?? [own]
  }

  private static func gather<Element: BitwiseCopyable>(
    _ own: [Element], _ world: World
  ) -> [[Element]] {
    let counts = world.gather(equal: [own.count])
    var parts = counts.map { _ in [Element]() }
    // What a message may hold is limited by the `int` of MPI's interface.
    let most = max(1, messageBytes / (counts.count * MemoryLayout<Element>.stride))
    for start in stride(from: 0, to: counts.max() ?? 0, by: most) {
      let lengths = counts.map { max(0, min(most, $0 - start)) }
      let sent = own.dropFirst(start).prefix(most)
      var received = world.gather(Array(sent), counts: lengths)[...]
      for (rank, length) in lengths.enumerated() {
        parts[rank] += received.prefix(length)
        received = received.dropFirst(length)
      }
    }
    return parts
  }

  /// The largest message in bytes.
  private static let messageBytes = 1 << 30

  /// The lists of every rank, end to end in rank order.
  package func gather<Element: BitwiseCopyable>(lists own: [[Element]]) -> [[Element]] {
    guard count > 1 else { return own }
    let lengths = gather(own.map(\.count)).flatMap(\.self)
    var elements = gather(own.flatMap(\.self)).flatMap(\.self)[...]
    return lengths.map { length in
      defer { elements = elements.dropFirst(length) }
      return Array(elements.prefix(length))
    }
  }

  /// The first rank's elements.
  package func ofFirst<Element: BitwiseCopyable>(_ own: [Element]) -> [Element] {
    count > 1 ? gather(isFirst ? own : [])[0] : own
  }

  /// The first rank's value.
  package func ofFirst<Element: BitwiseCopyable>(_ own: Element) -> Element {
    ofFirst([own])[0]
  }

  /// The smallest of the values of all ranks.
  package func least<Value: BitwiseCopyable & Comparable>(_ own: Value) -> Value {
    gather([own]).flatMap(\.self).min() ?? own
  }

  /// The elements of the first of the ranks on this one's cores; `count` of them.
  package func ofFirstOnCores<Element: BitwiseCopyable>(
    _ own: [Element], count: Int
  ) -> [Element] {
    world?.share(own, count: count, group: firstOnCores[rank]) ?? own
  }

  /// The members of the sets of all ranks.
  package func union<Set: OptionSet>(_ own: Set) -> Set
  where Set.RawValue: FixedWidthInteger & BitwiseCopyable {
    let all = gather([own.rawValue])
    return Set(rawValue: all.reduce(0) { $0 | ($1.first ?? 0) })
  }

  /// Waits until all ranks are here.
  package func wait() { _ = gather([UInt8(0)]) }

  /// Waits until all ranks are here and leaves the cores to those that are not yet: ``wait()`` is
  /// quicker, and keeps a core busy.
  package func rest() { if count > 1 { world?.rest() } }

  /// The sums of the elements of all ranks, which have as many: each is added in rank order, so
  /// that it is the same to the bit in every run of as many ranks.
  ///
  /// Rank r adds part r of all ranks, and all gather the sums: 2 n numbers go through the network
  /// for each rank, as in a ring (MPI_Allreduce need not add in any order).
  package func sum(_ own: [Float]) -> [Float] {
    guard let world, !own.isEmpty else { return own }
    let part = (own.count + count - 1) / count
    let padding = [Float](repeating: 0, count: part * count - own.count)
    let parts = world.transpose(own + padding)
    var sums = Array(parts[..<part])
    for rank in 1..<max(count, 1) {
      for index in 0..<part { sums[index] += parts[rank * part + index] }
    }
    return Array(world.gather(equal: sums).prefix(own.count))
  }
}
