internal import Ranks

extension Study {
  /// Checks that all ranks begin the same study: each reads the files of its own host, and measures
  /// its own memory.
  func checkSame(on ranks: Ranks) throws(DistillationError) {
    guard ranks.count > 1 else { return }
    var own = record
    own.threads = nil
    let all = ranks.gather(lists: [try RecordCoding.encode(own)])
    guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
    let windows = ranks.gather([record.window ?? 0])
    let what =
      windows[other] == windows[0] ? "the study" : "the \(OptionName.contextWindow.rawValue)"
    throw .otherRank(rank: other, host: ranks.hosts[other], what: what)
  }
}
