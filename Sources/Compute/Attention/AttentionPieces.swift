/// Queries of one sequence that one thread takes through the CPU path's backward pass.
struct AttentionPiece {
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

/// Pieces that share the partial sums of the prefix, taken one after another.
struct AttentionJob {
  var pieces: [AttentionPiece]
  /// Partial row of the prefix's first key; nil where none of the pieces attends to it.
  var prefixRow: Int?
}

/// How the CPU path shares out the backward pass, in one sweep over queries that gives all three
/// gradients.
///
/// A piece adds to the gradients of keys that other pieces see too, so all but the first add into
/// partial sums of their own, and the partial sums are added afterwards in a fixed order. The
/// division depends on the batch alone, not on the threads, so the result does not either.
struct AttentionPieces {
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
  static let largestShareCount = 16
  /// Queries of a piece and pieces of a sequence, where it is long.
  static let smallestPiece = 128
  static let largestPieceCount = 8

  init(_ layout: AttentionLayout) {
    var (seeing, others): ([AttentionPiece], [AttentionPiece]) = ([], [])
    var ownSegments: [Segment] = []
    for sequence in layout.sequences {
      let isPrefix = layout.isPrefix(sequence)
      let (pieces, partial) = divide(sequence, layout, firstInPlace: !isPrefix || jobs.isEmpty)
      if isPrefix {
        jobs += pieces.map { AttentionJob(pieces: [$0]) }
        segments += partial
      } else {
        if sequence.attendsPrefix { seeing += pieces } else { others += pieces }
        ownSegments += partial
      }
    }
    let shares = min(seeing.count, Self.largestShareCount)
    for share in 0..<shares {
      let range = (share * seeing.count / shares)..<((share + 1) * seeing.count / shares)
      jobs.append(AttentionJob(pieces: Array(seeing[range]), prefixRow: partialRows))
      segments.append(Segment(row: 0, count: layout.prefixCount, partialRow: partialRows))
      partialRows += layout.prefixCount
    }
    prefixJobs = jobs.count
    prefixSegments = segments.count
    jobs += others.map { AttentionJob(pieces: [$0]) }
    segments += ownSegments
  }

  /// A sequence's pieces, and the partial sums of those that do not add up in place.
  private mutating func divide(
    _ sequence: AttentionSequence, _ layout: AttentionLayout, firstInPlace: Bool
  ) -> (pieces: [AttentionPiece], segments: [Segment]) {
    let share = (sequence.queryCount + Self.largestPieceCount - 1) / Self.largestPieceCount
    let size = max(share, Self.smallestPiece)
    let before = sequence.keyCount - sequence.queryCount
    var pieces: [AttentionPiece] = []
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
      pieces.append(
        AttentionPiece(
          queryStart: sequence.queryStart, queries: first..<end, keyStart: sequence.keyStart,
          attendsPrefix: sequence.attendsPrefix,
          prefixCount: sequence.attendsPrefix ? layout.prefixCount : 0,
          firstPosition: layout.firstPosition(sequence), ownShift: ownShift))
    }
    return (pieces, segments)
  }
}
