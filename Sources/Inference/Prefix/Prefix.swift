package import HuggingFace

/// The rows before every prompt: `header | other prompts | body | closing`. The body is the
/// context, the learned prompt that replaces it, or nothing.
package struct Prefix: Sendable, Equatable {
  /// The rows between header and closing.
  package enum Body: Sendable, Equatable {
    /// The token ids of a context.
    case context([Int])
    case prompt(LearnedPrompt)
    case nothing
  }

  /// Header and closing.
  package var frame: Frame
  /// Learned prompts before the body, in their order; training leaves them as they are. Keys are
  /// rotated to the positions where they stand.
  package var others: [LearnedPrompt]
  package var body: Body

  /// A body in its frame, behind other prompts.
  package init(_ frame: Frame, others: [LearnedPrompt] = [], _ body: Body) {
    self.frame = frame
    self.others = others
    self.body = body
  }

  /// Several learned prompts in a frame, the last one as the body; at least one.
  package init(_ frame: Frame, joining prompts: [LearnedPrompt]) {
    self.init(frame, others: prompts.dropLast(), .prompt(prompts[prompts.count - 1]))
  }

  /// A body without a frame.
  package init(_ body: Body) { self.init(Frame(), body) }

  /// The rows of the body's learned prompt; empty for another body.
  package var promptRows: Range<Int> {
    guard case .prompt(let prompt) = body else { return 0..<0 }
    let first = frame.header.count + otherRowCount
    return first..<(first + prompt.form.tokenCount)
  }

  /// The forms and rows of all learned prompts: the others, then the body's.
  var learnedRows: [(form: PromptForm, rows: Range<Int>)] {
    var first = frame.header.count
    return learned.map { prompt in
      defer { first += prompt.form.tokenCount }
      return (prompt.form, first..<(first + prompt.form.tokenCount))
    }
  }

  /// The rows of all learned prompts.
  package var learnedRange: Range<Int> {
    let first = frame.header.count
    return first..<(first + otherRowCount + promptRows.count)
  }

  /// Rows of the whole prefix.
  package var rows: Int {
    frame.header.count + otherRowCount + bodyTokens.count + frame.closing.count
  }

  /// Token ids by row. Rows of learned prompts hold 0; their embeddings are overwritten, or they
  /// are not computed.
  package var tokens: [Int] {
    frame.header + [Int](repeating: 0, count: otherRowCount) + bodyTokens + frame.closing
  }

  /// The rows that the model computes, in their order: all but the keys and values of prompts,
  /// which are copied into the cache.
  var computedRows: [Range<Int>] {
    var (ranges, first) = ([Range<Int>](), 0)
    for (form, rows) in learnedRows where form.isKeysValues {
      ranges.append(first..<rows.lowerBound)
      first = rows.upperBound
    }
    return ranges + [first..<rows]
  }

  /// The first of the rows that a training step computes, which are all to the end. The rows before
  /// it do not change in training: their keys and values stay in the cache.
  package var firstStepRow: Int {
    guard case .prompt(let prompt) = body else { return 0 }
    if prompt.form.isKeysValues { return promptRows.upperBound }
    return others.isEmpty ? 0 : promptRows.lowerBound
  }

  private var learned: [LearnedPrompt] {
    if case .prompt(let prompt) = body { others + [prompt] } else { others }
  }

  /// Rows of the other prompts.
  private var otherRowCount: Int { others.reduce(0) { $0 + $1.form.tokenCount } }

  private var bodyTokens: [Int] {
    switch body {
    case .context(let tokens): tokens
    case .prompt(let prompt): [Int](repeating: 0, count: prompt.form.tokenCount)
    case .nothing: []
    }
  }
}
