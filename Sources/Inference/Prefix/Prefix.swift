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

  /// Token ids by row. Rows of a learned prompt hold 0; their embeddings are overwritten.
  package var tokens: [Int] { frame.header + bodyTokens + frame.closing }

  private var bodyTokens: [Int] {
    switch body {
    case .context(let tokens): tokens
    case .prompt(let prompt): [Int](repeating: 0, count: prompt.form.tokenCount)
    case .nothing: []
    }
  }
}
