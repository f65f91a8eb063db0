/// The `pre_tokenizer` of a tokenizer.json: cuts text into the pieces that the model sees.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  /// `Split` and every component that only splits: `Digits`, `Punctuation`, `Whitespace` ...
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case fixedLength(Int)
  case byteLevel(addsPrefixSpace: Bool, splitsWords: Bool)
  case metaspace(Metaspace)

  func apply(to text: inout PreTokenizedText) throws(TextBudget.Exceeded) {
    switch self {
    case .sequence(let preTokenizers):
      for preTokenizer in preTokenizers { try preTokenizer.apply(to: &text) }
    case .split(let pattern, let behavior, let inverted):
      try text.split(pattern, behavior, inverted: inverted)
    case .fixedLength(let length):
      text.split(everyScalars: length)
    case .byteLevel(let addsPrefixSpace, let splitsWords):
      if addsPrefixSpace {
        let space = UInt8(ascii: " ")
        try text.rewrite { source, piece, output in
          if source[piece.start] != space { output.append(space) }
          output.append(source, piece.start..<piece.end)
        }
      }
      if splitsWords { try text.split(.words(.gpt2), .isolated, inverted: false) }
      try text.rewrite { source, piece, output in
        ByteLevelAlphabet.appendEncoded(source, piece.start..<piece.end, to: &output)
      }
    case .metaspace(let metaspace):
      try metaspace.apply(to: &text)
    }
  }
}
