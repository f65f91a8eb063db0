/// The text of an answer while its tokens come. A token may end inside a character, whose first
/// bytes give U+FFFD until the others arrive: that part is held back.
package struct StreamedText: Sendable, Equatable {
  /// The text that further tokens only add to.
  package private(set) var text = ""

  /// No text.
  package init() {}

  /// Takes the text of all tokens so far.
  package mutating func update(_ whole: String) {
    let scalars = whole.unicodeScalars
    let end = scalars.lastIndex { $0 != "\u{FFFD}" }.map(scalars.index(after:))
    let complete = scalars[..<(end ?? scalars.startIndex)]
    // Bytes may also take back a character before them, until theirs is whole.
    if complete.starts(with: text.unicodeScalars) { text = String(complete) }
  }

  /// Takes the text of all tokens, behind which none come: what is broken stays so.
  package mutating func finish(_ whole: String) { text = whole }
}
