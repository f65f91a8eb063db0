/// The `pre_tokenizer` of a tokenizer.json: cuts text into the pieces that the model sees.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  /// `Split` and every component that only splits: `Digits`, `Punctuation`, `Whitespace` ...
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case fixedLength(Int)
  case byteLevel(addsPrefixSpace: Bool, splitsWords: Bool)
  case metaspace(Metaspace)

  func apply(to text: inout PreTokenizedText) {
    switch self {
    case .sequence(let preTokenizers):
      for preTokenizer in preTokenizers { preTokenizer.apply(to: &text) }
    case .split(let pattern, let behavior, let inverted):
      text.split(pattern, behavior, inverted: inverted)
    case .fixedLength(let length):
      text.split(everyScalars: length)
    case .byteLevel(let addsPrefixSpace, let splitsWords):
      if addsPrefixSpace {
        let space = UInt8(ascii: " ")
        text.rewrite { source, piece, output in
          if source[piece.start] != space { output.append(space) }
          output.append(source, piece.start..<piece.end)
        }
      }
      if splitsWords { text.split(.words(.gpt2), .isolated, inverted: false) }
      text.rewrite { source, piece, output in
        ByteLevelAlphabet.appendEncoded(source, piece.start..<piece.end, to: &output)
      }
    case .metaspace(let metaspace):
      metaspace.apply(to: &text)
    }
  }
}
