extension HeldOutAnswer.Tokens {
  /// Tokens with the text that each adds to those before it.
  ///
  /// The text of one token can depend on the one before it, as with SentencePiece's first space,
  /// and a character may need several tokens. So each text is the difference of two decoded runs,
  /// which begin at the last token that ended a character.
  ///
  /// - Parameters:
  ///   - identifiers: token ids.
  ///   - text: the text of a run of token ids.
  init<Failure: Error>(
    _ identifiers: [Int], text: ([Int]) throws(Failure) -> String
  ) throws(Failure) {
    var texts: [String] = []
    var (anchor, read) = (0, 0)
    for index in identifiers.indices {
      let before = try text(Array(identifiers[anchor..<read]))
      let after = try text(Array(identifiers[anchor...index]))
      let isWhole = !after.hasSuffix("\u{fffd}") || index == identifiers.count - 1
      guard isWhole, after.utf8.starts(with: before.utf8) else {
        texts.append("")
        continue
      }
      texts.append(String(decoding: after.utf8.dropFirst(before.utf8.count), as: UTF8.self))
      (anchor, read) = (read, index + 1)
    }
    self.init(identifiers, texts: texts)
  }
}
