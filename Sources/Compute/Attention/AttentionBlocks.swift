/// A block of queries of one sequence: a unit of work of the CPU path's backward pass.
struct AttentionBlock {
  let queryStart: Int
  /// Query indices in the sequence.
  let queries: Range<Int>
  let keyStart: Int
  let attendsPrefix: Bool
  /// Prefix rows that the sequence sees.
  let prefixCount: Int
  /// Position of the sequence's first query.
  let firstPosition: Int
  /// Row of a key's partial sum = key row + this; nil if the own keys are accumulated in place.
  let ownShift: Int?
}

/// Blocks that share partial sums of the prefix and run one after another.
struct AttentionJob {
  var blocks: [AttentionBlock]
  /// Partial row of the prefix's first key; nil if no block attends to the prefix.
  var prefixRow: Int?
}

/// The work division of the CPU path's backward pass, which computes all three gradients in one
/// pass over the queries.
///
/// Several blocks add to the gradients of the same keys, so all but the first accumulate into
/// separate partial sums, which are added at the end in a fixed order. The division depends only on
/// the batch, so the result does not depend on the thread count.
struct AttentionBlocks {
  /// Partial sums over some key rows.
  struct Segment {
    let row: Int
    let count: Int
    let partialRow: Int
  }

  /// The jobs of the prefix's own queries, then jobs that attend to the prefix, then the rest.
  private(set) var jobs: [AttentionJob] = []
  /// The jobs, from the first, that contribute to the prefix's gradients.
  private(set) var prefixJobs = 0
  /// The partial sums of the prefix's keys, then those of other keys.
  private(set) var segments: [Segment] = []
  private(set) var prefixSegments = 0
  /// Rows of all partial sums.
  private(set) var partialRows = 0

  /// Maximum number of partial sums of the prefix.
  static let largestSplitCount = 16
  /// Minimum queries per block, and maximum blocks per sequence.
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

  /// A sequence's blocks, and the partial sums of those that do not accumulate in place.
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
