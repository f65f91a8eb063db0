import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Ranks
internal import Transformer

/// The teacher's cache, from which a prompt of keys and values starts.
struct KeyValueSource {
  let teacher: PrefixedDecoder
  /// The rows of the context.
  private let context: Range<Int>
  private let header: [Int]
  /// The position of the prompt's first row.
  private let firstRow: Int
  /// Whether the student's texts are long ones.
  let isLong: Bool

  /// - Parameters:
  ///   - teacher: the model that has read the context.
  ///   - prefix: what it has read.
  ///   - frame: header and closing around the prompt.
  ///   - longest: tokens of the longest prompt with its response.
  ///   - count: k.
  ///   - otherRows: rows of other prompts between the header and this one.
  init(
    _ teacher: PrefixedDecoder, _ prefix: Prefix, frame: Frame, longest: Int, count: Int,
    otherRows: Int = 0
  ) {
    self.teacher = teacher
    header = frame.header
    firstRow = header.count + otherRows
    context = Self.contextRows(of: prefix)
    isLong = teacher.decoder.isLong(firstRow + count + frame.closing.count + longest)
  }

  /// Tokens of the context that the teacher has read.
  var contextTokens: Int { context.count }

  /// The most context rows that ``scales()`` reads, and their runs in a longer context.
  private static let scaleRows = 1024
  private static let scaleRuns = 16

  /// The root mean squares of the context's keys and values over all layers, which scale the
  /// default learning rates; of a long context over 1,024 rows that are spread over it.
  func scales() throws(DistillationError) -> (keys: Float, values: Float) {
    var rows = Array(0..<context.count)
    if context.count > Self.scaleRows {
      let size = Self.scaleRows / Self.scaleRuns
      rows = (0..<Self.scaleRuns).flatMap { run in
        let first = run * (context.count - size) / (Self.scaleRuns - 1)
        return first..<(first + size)
      }
    }
    let prompt = try contextRows(rows)
    let scales = prompt.form.tensors.map { InitializationSource.rootMeanSquare(of: prompt[$0]) }
    return (scales[0], scales[1])
  }

  /// Rows of the context, by ascending index, where they stand.
  private func contextRows(_ rows: [Int]) throws(DistillationError) -> LearnedPrompt {
    var runs: [Range<Int>] = []
    for row in rows {
      if let last = runs.last, last.upperBound == row {
        runs[runs.count - 1] = last.lowerBound..<(row + 1)
      } else {
        runs.append(row..<(row + 1))
      }
    }
    return try distilling { () throws(TransformerError) in
      var parts: [LearnedPrompt] = []
      for run in runs {
        let first = context.lowerBound
        parts.append(
          try teacher.keysValues(of: (first + run.lowerBound)..<(first + run.upperBound)))
      }
      return LearnedPrompt(joining: parts)
    }
  }

  /// The prompt of `count` rows that training starts from, or of fewer where a file of Pith's has
  /// fewer.
  ///
  /// - Parameters:
  ///   - kind: a kind that needs no rows of the context, which
  ///     ``rows(_:count:of:frame:longest:otherRows:read:)`` takes.
  ///   - count: k.
  ///   - ranks: the ranks of the run, of which the first one reads a file for all.
  ///   - unrelated: the token ids of a text that has nothing to do with the context.
  func initial(
    _ kind: Initialization, count: Int, sharedBy ranks: Ranks,
    unrelated: () throws(DistillationError) -> [Int]
  ) throws(DistillationError) -> LearnedPrompt {
    switch kind {
    case .randomText: return try rows(of: try unrelated(), count: count)
    case .file(let url):
      let values = try ranks.ofFirst(reading: { () throws(DistillationError) in
        try stored(in: url, count: count).values
      })
      let configuration = teacher.decoder.configuration
      let rows = values.count / configuration.keysValues(count: 1).elementCount
      return LearnedPrompt(form: configuration.keysValues(count: rows), values: values)
    case .first, .chunks, .sampled, .pooled, .vocabulary, .random, .matched:
      preconditionFailure("kinds of another source")
    }
  }

  /// Rows of a context, chosen as if its parts were one text: for `chunks` spread over all of them,
  /// else the first. Every row comes from the teacher that has read its part, and parts without a
  /// chosen row are not read.
  ///
  /// - Parameters:
  ///   - kind: `first` or `chunks`.
  ///   - count: k, at most the rows of all parts.
  ///   - parts: what the teacher reads, one after the other.
  ///   - frame: header and closing around the prompt.
  ///   - longest: tokens of the longest prompt with its response.
  ///   - otherRows: rows of other prompts between the header and this one.
  ///   - read: the teacher after a part, by its index.
  static func rows(
    _ kind: Initialization, count: Int, of parts: [Prefix], frame: Frame, longest: Int,
    otherRows: Int, read: (Int) throws(DistillationError) -> PrefixedDecoder
  ) throws(DistillationError) -> LearnedPrompt {
    let lengths = parts.map { contextRows(of: $0).count }
    let all = lengths.reduce(0, +)
    let chosen = kind == .chunks ? chunks(of: all, count: count) : Array(0..<count)
    var (prompts, first, done) = ([LearnedPrompt](), 0, 0)
    for (index, length) in lengths.enumerated() {
      let own = chosen.filter { (first..<(first + length)).contains($0) }.map { $0 - first }
      first += length
      guard !own.isEmpty else { continue }
      let source = KeyValueSource(
        try read(index), parts[index], frame: frame, longest: longest, count: count,
        otherRows: otherRows)
      prompts.append(try source.placed(own, after: done))
      done += own.count
    }
    return LearnedPrompt(joining: prompts)
  }

  /// Rows of the context in what a teacher reads.
  static func contextRows(of prefix: Prefix) -> Range<Int> {
    prefix.frame.header.count..<(prefix.rows - prefix.frame.closing.count)
  }

  /// Rows of the context at the prompt's positions, of which `done` are taken.
  private func placed(_ rows: [Int], after done: Int) throws(DistillationError) -> LearnedPrompt {
    try contextRows(rows).rotated(
      from: KeyPositions(
        rows.map { context.lowerBound + $0 }, isLong: teacher.isLongPrefix),
      to: KeyPositions(rows.indices.map { firstRow + done + $0 }, isLong: isLong),
      in: teacher.decoder.configuration)
  }

  /// The most rows of a run of ``Initialization/chunks``.
  private static let runRows = 8
  /// The least number of runs, where there are as many rows.
  private static let leastRuns = 4

  /// `count` of `length` rows: runs of consecutive rows, the first at the beginning, the last at
  /// the end, and the others evenly between them.
  static func chunks(of length: Int, count: Int) -> [Int] {
    let rows = max(1, min(runRows, count / leastRuns))
    let runs = (count + rows - 1) / rows
    var chosen: [Int] = []
    for run in 0..<runs {
      let size = (run + 1) * count / runs - run * count / runs
      let first = runs == 1 ? 0 : run * (length - size) / (runs - 1)
      // Runs of a short context would overlap.
      let start = max(first, (chosen.last ?? -1) + 1)
      chosen += start..<(start + size)
    }
    let excess = (chosen.last ?? 0) - (length - 1)
    return excess > 0 ? Array((length - count)..<length) : chosen
  }

  /// The first rows of another text behind the header.
  private func rows(of text: [Int], count: Int) throws(DistillationError) -> LearnedPrompt {
    var tokens: [Int] = []
    while tokens.count < count { tokens += text.prefix(count - tokens.count) }
    let prefix = Prefix(Frame(header: header), .context(tokens))
    let decoder = teacher.decoder
    return try distilling { () throws(TransformerError) in
      let model = try decoder.prefill(prefix, capacity: PrefixCapacity(rows: 0))
      let rows = header.count..<prefix.rows
      return try model.keysValues(of: rows).rotated(
        from: KeyPositions(Array(rows), isLong: model.isLongPrefix),
        to: KeyPositions(Array(firstRow..<(firstRow + count)), isLong: isLong),
        in: decoder.configuration)
    }
  }

  /// Keys and values of a file of Pith, or of an adapter of PEFT, at the prompt's positions. PEFT's
  /// frozen rows are left out where the others are as many as the prompt's.
  private func stored(in url: URL, count: Int) throws(DistillationError) -> LearnedPrompt {
    let configuration = teacher.decoder.configuration
    let adapter = try AdapterImport(at: url, for: configuration)
    var (prompt, first) = (adapter.prompt, adapter.frame?.header.count ?? 0)
    if case .virtualTokens = adapter {
      let frozen = try PEFTFolder.frozenRows(url)
      if case .keysValues = prompt.form, prompt.form.tokenCount == frozen + count {
        prompt = prompt.rows(frozen..<(frozen + count))
        first = frozen
      }
    }
    let isOwn = if case .softPrompt = adapter { true } else { false }
    let rows = isOwn ? min(prompt.form.tokenCount, count) : count
    guard prompt.form == configuration.keysValues(count: rows) else {
      throw .content(
        file: url.path, expected: "keys and values of \(Counted(count, "token"))",
        found: "\(Counted(prompt.form.tokenCount, "token")) of \(prompt.form.tensors[0].name)")
    }
    return prompt.rotated(
      from: KeyPositions(Array(first..<(first + rows)), isLong: isLong),
      to: KeyPositions(Array(firstRow..<(firstRow + rows)), isLong: isLong),
      in: configuration)
  }
}
