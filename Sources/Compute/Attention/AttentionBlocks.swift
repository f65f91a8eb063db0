/// Queries of one sequence that one thread takes through the CPU path's backward pass.
struct AttentionBlock {
  let queryStart: Int
  /// Which of the sequence's queries.
  let queries: Range<Int>
  let keyStart: Int
  let attendsPrefix: Bool
  /// Prefix rows that the sequence sees.
  let prefixCount: Int
  /// Position of the sequence's first query.
  let firstPosition: Int
  /// A key row plus this is the row of its partial sum; nil where the own keys are added up in
  /// place.
  let ownShift: Int?
}

/// Partition that share the partial sums of the prefix, taken one after another.
struct AttentionJob {
  var blocks: [AttentionBlock]
  /// Partial row of the prefix's first key; nil where none of the blocks attends to it.
  var prefixRow: Int?
}

/// How the CPU path shares out the backward pass, in one sweep over queries that gives all three
/// gradients.
///
/// A piece adds to the gradients of keys that other blocks see too, so all but the first add into
/// partial sums of their own, and the partial sums are added afterwards in a fixed order. The
/// division depends on the batch alone, not on the threads, so the result does not either.
struct AttentionBlocks {
  /// Partial sums over some key rows.
  struct Segment {
    let row: Int
    let count: Int
    let partialRow: Int
  }

  /// Those of the prefix's own queries first, then those that attend to it, then the rest.
  private(set) var jobs: [AttentionJob] = []
  /// How many of the jobs give the prefix's gradients.
  private(set) var prefixJobs = 0
  /// The partial sums of the prefix's keys, then those of other keys.
  private(set) var segments: [Segment] = []
  private(set) var prefixSegments = 0
  /// Rows of all partial sums.
  private(set) var partialRows = 0

  /// Partial sums of the prefix, whatever the count of sequences.
  static let largestSplitCount = 16
  /// Queries of a piece and blocks of a sequence, where it is long.
  static let smallestBlock = 128
  static let largestBlockCount = 8

  init(_ layout: AttentionLayout) {
    var (seeing, others): ([AttentionBlock], [AttentionBlock]) = ([], [])
    var ownSegments: [Segment] = []
    for sequence in layout.sequences {
      let isPrefix = layout.isPrefix(sequence)
      let (blocks, partial) = divide(sequence, layout, firstInPlace: !isPrefix || jobs.isEmpty)
      if isPrefix {
        jobs += blocks.map { AttentionJob(blocks: [$0]) }
        segments += partial
      } else {
        if sequence.attendsPrefix { seeing += blocks } else { others += blocks }
        ownSegments += partial
      }
    }
    let splits = min(seeing.count, Self.largestSplitCount)
    for split in 0..<splits {
      let range = (split * seeing.count / splits)..<((split + 1) * seeing.count / splits)
      jobs.append(AttentionJob(blocks: Array(seeing[range]), prefixRow: partialRows))
      segments.append(Segment(row: 0, count: layout.prefixCount, partialRow: partialRows))
      partialRows += layout.prefixCount
    }
    prefixJobs = jobs.count
    prefixSegments = segments.count
    jobs += others.map { AttentionJob(blocks: [$0]) }
    segments += ownSegments
  }

  /// A sequence's blocks, and the partial sums of those that do not add up in place.
  private mutating func divide(
    _ sequence: AttentionSequence, _ layout: AttentionLayout, firstInPlace: Bool
  ) -> (blocks: [AttentionBlock], segments: [Segment]) {
    let split = (sequence.queryCount + Self.largestBlockCount - 1) / Self.largestBlockCount
    let size = max(split, Self.smallestBlock)
    let before = sequence.keyCount - sequence.queryCount
    var blocks: [AttentionBlock] = []
    var segments: [Segment] = []
    for first in stride(from: 0, to: sequence.queryCount, by: size) {
      let end = min(first + size, sequence.queryCount)
      var ownShift: Int?
      if first > 0 || !firstInPlace {
        let seen = max(0, before + first + 1 - layout.windowOrAll)
        let row = sequence.keyStart + seen
        ownShift = partialRows - row
        let count = before + end - seen
        segments.append(Segment(row: row, count: count, partialRow: partialRows))
        partialRows += count
      }
      blocks.append(
        AttentionBlock(
          queryStart: sequence.queryStart, queries: first..<end, keyStart: sequence.keyStart,
          attendsPrefix: sequence.attendsPrefix,
          prefixCount: sequence.attendsPrefix ? layout.prefixCount : 0,
          firstPosition: layout.firstPosition(sequence), ownShift: ownShift))
    }
    return (blocks, segments)
  }
}
