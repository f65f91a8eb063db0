internal import Ranks

extension RunFingerprints {
  /// Checks that all ranks have read the same files and options: each reads those of its own host.
  ///
  /// - Throws: ``DistillationError/otherRank(rank:host:what:)`` on every rank.
  func checkSame(on ranks: Ranks, _ options: TrainingOptions) throws(DistillationError) {
    guard ranks.count > 1 else { return }
    let records = [
      ("the model", Array("\(model) \(weights ?? "") \(adapters ?? "")".utf8)),
      ("the context", Array(context.utf8)),
      ("the inputs", Array(inputs.utf8)), ("the validation examples", Array(validation.utf8)),
      ("the prompts beside it", Array((beside ?? "").utf8)),
      ("the tools", Array((tools ?? "").utf8)),
      ("the unrelated prompts", Array((unrelated ?? "").utf8)),
      (
        "the teacher",
        Array("\(teacher?.fingerprint ?? "") \(teacher?.tensorsDigest ?? "")".utf8)
      ),
      ("the options", try RecordCoding.encode(options)),
    ]
    for (what, own) in records {
      let all = ranks.gather(lists: [own])
      guard let other = all.firstIndex(where: { $0 != all[0] }) else { continue }
      throw .otherRank(rank: other, host: ranks.hosts[other], what: what)
    }
  }
}
