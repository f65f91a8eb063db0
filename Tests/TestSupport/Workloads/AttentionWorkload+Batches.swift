package import Compute

/// Small versions of the batches of training and generation, with their sequences and prefixes.
package struct AttentionBatch: Sendable, CustomStringConvertible {
  package let description: String
  package let prefixCount: Int
  package let sequences: [AttentionSequence]

  package init(_ description: String, prefixCount: Int = 0, _ sequences: [AttentionSequence]) {
    self.description = description
    self.prefixCount = prefixCount
    self.sequences = sequences
  }

  /// Sequences packed end to end, each of them queries and keys.
  package static func packed(_ name: String, _ lengths: [Int]) -> AttentionBatch {
    var start = 0
    let sequences = lengths.map { length in
      defer { start += length }
      return AttentionSequence(
        queryStart: start, queryCount: length, keyStart: start, keyCount: length,
        attendsPrefix: false)
    }
    return AttentionBatch(name, sequences)
  }

  /// A training step: the prefix, followed by packed sequences that see it.
  package static func training(
    _ name: String, prefix: Int, _ lengths: [Int]
  ) -> AttentionBatch {
    var start = prefix
    let sequences = lengths.map { length in
      defer { start += length }
      return AttentionSequence(
        queryStart: start, queryCount: length, keyStart: start, keyCount: length,
        attendsPrefix: true)
    }
    let own = AttentionSequence(
      queryStart: 0, queryCount: prefix, keyStart: 0, keyCount: prefix, attendsPrefix: false)
    return AttentionBatch(name, prefixCount: prefix, [own] + sequences)
  }

  /// The last layer: queries are only the last `responses` rows of each sequence, packed; the
  /// prefix has no queries.
  package static func lastLayer(
    _ name: String, prefix: Int, _ lengths: [Int], responses: [Int]
  ) -> AttentionBatch {
    var (start, row) = (prefix, 0)
    let sequences = zip(lengths, responses).map { length, response in
      defer { (start, row) = (start + length, row + response) }
      return AttentionSequence(
        queryStart: row, queryCount: response, keyStart: start, keyCount: length,
        attendsPrefix: true)
    }
    return AttentionBatch(name, prefixCount: prefix, sequences)
  }

  /// Decode: one query per sequence, keys in a KV cache of `capacity` rows per sequence after the
  /// prefix.
  package static func generation(
    _ name: String, prefix: Int, _ lengths: [Int], capacity: Int
  ) -> AttentionBatch {
    let sequences = lengths.enumerated().map { index, length in
      AttentionSequence(
        queryStart: index, queryCount: 1, keyStart: prefix + index * capacity, keyCount: length,
        attendsPrefix: prefix > 0)
    }
    return AttentionBatch(name, prefixCount: prefix, sequences)
  }

  /// A chunk of a long text: the last `queries` of `keys` tokens.
  package static func prefill(_ name: String, queries: Int, keys: Int) -> AttentionBatch {
    AttentionBatch(
      name,
      [
        AttentionSequence(
          queryStart: 0, queryCount: queries, keyStart: 0, keyCount: keys, attendsPrefix: false)
      ])
  }

  package static let all: [AttentionBatch] = [
    packed("one token", [1]), packed("a tile less one", [63]), packed("a tile", [64]),
    packed("a tile and one", [65]), packed("uneven lengths", [17, 1, 70, 33, 5]),
    training("training", prefix: 37, [20, 3, 68]),
    training("training, a long prefix", prefix: 130, [9, 1]),
    lastLayer("last layer", prefix: 21, [40, 8, 70], responses: [3, 8, 30]),
    generation("generation", prefix: 0, [5, 1, 66], capacity: 70),
    generation("generation behind a prefix", prefix: 11, [5, 1, 66, 64], capacity: 67),
    generation(
      "many answers behind a long prefix", prefix: 270, (0..<30).map { 1 + $0 * 7 % 30 },
      capacity: 31),
    prefill("prefill", queries: 30, keys: 150),
    training("long sequences", prefix: 20, [300, 140]),
    packed("a long sequence", [290]),
    training("no prefix", prefix: 0, [12, 30]),
    AttentionBatch(
      "the prefix read twice", prefixCount: 40,
      [
        AttentionSequence(
          queryStart: 0, queryCount: 25, keyStart: 0, keyCount: 25, attendsPrefix: false),
        AttentionSequence(
          queryStart: 25, queryCount: 15, keyStart: 0, keyCount: 40, attendsPrefix: false),
      ]),
  ]
}
