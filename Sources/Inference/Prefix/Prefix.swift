package import HuggingFace

/// The rows before every prompt: `header | body | closing`. The body is the context, the learned
/// prompt that replaces it, or nothing.
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
  package var body: Body

  /// A body in its frame.
  package init(_ frame: Frame, _ body: Body) {
    self.frame = frame
    self.body = body
  }

  /// A body without a frame.
  package init(_ body: Body) { self.init(Frame(), body) }

  /// The rows of a learned prompt; empty for another body.
  package var promptRows: Range<Int> {
    guard case .prompt(let prompt) = body else { return 0..<0 }
    return frame.header.count..<(frame.header.count + prompt.form.tokenCount)
  }

  /// Rows of the whole prefix.
  package var rows: Int { frame.header.count + bodyTokens.count + frame.closing.count }

  /// Token ids by row. Rows of a learned prompt hold 0; their embeddings are overwritten, or they
  /// are not computed.
  package var tokens: [Int] { frame.header + bodyTokens + frame.closing }

  /// Whether the body is keys and values, whose rows are copied into the cache.
  private var hasKeysValues: Bool {
    guard case .prompt(let prompt) = body, case .keysValues = prompt.form else { return false }
    return true
  }

  /// The rows that the model computes, in their order: all but a prompt's keys and values.
  var computedRows: [Range<Int>] {
    guard hasKeysValues else { return [0..<rows] }
    return [0..<promptRows.lowerBound, promptRows.upperBound..<rows]
  }

  /// The first of the rows that a training step computes, which are all to the end. The rows before
  /// it do not change in training: their keys and values stay in the cache.
  package var firstStepRow: Int { hasKeysValues ? promptRows.upperBound : 0 }

  private var bodyTokens: [Int] {
    switch body {
    case .context(let tokens): tokens
    case .prompt(let prompt): [Int](repeating: 0, count: prompt.form.tokenCount)
    case .nothing: []
    }
  }
}
