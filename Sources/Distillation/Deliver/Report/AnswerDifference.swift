/// Where an answer parts from another: the tokens of each that the other has not in the same order.
struct AnswerDifference: Sendable, Equatable {
  /// Indices of the tokens of either answer that the other has not.
  let lost: Set<Int>
  let added: Set<Int>
  /// The index of the first token at which they differ.
  let first: Int

  /// The shortest edit (Myers 1986) from one list of token ids to another.
  init(from old: [Int], to new: [Int]) {
    var (lost, added) = (Set<Int>(), Set<Int>())
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, _, _): lost.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    (self.lost, self.added) = (lost, added)
    first = zip(old, new).prefix { $0 == $1 }.count
  }
}
