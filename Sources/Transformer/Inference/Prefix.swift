/// What stands before every prompt: `header | body | closing`, where the body is the long context, the soft prompt that replaces
/// it, or nothing.
package struct Prefix: Sendable {
  /// What stands between header and closing.
  package enum Body: Sendable {
    case context([Int])
    /// Rows of width E, row-major, where transformers puts `inputs_embeds`.
    case softPrompt([Float])
    case nothing
  }

  package var header: [Int]
  package var body: Body
  package var closing: [Int]

  package init(header: [Int], body: Body, closing: [Int]) {
    self.header = header
    self.body = body
    self.closing = closing
  }

  /// Rows of the whole prefix in a model of this width.
  package func rows(width: Int) -> Int {
    let inside =
      switch body {
      case .context(let identifiers): identifiers.count
      case .softPrompt(let values): values.count / width
      case .nothing: 0
      }
    return header.count + inside + closing.count
  }

  /// Token ids by row; rows of a soft prompt hold 0 and are overwritten.
  package func identifiers(width: Int) -> [Int] {
    switch body {
    case .context(let identifiers): header + identifiers + closing
    case .softPrompt(let values):
      header + [Int](repeating: 0, count: values.count / width) + closing
    case .nothing: header + closing
    }
  }
}
