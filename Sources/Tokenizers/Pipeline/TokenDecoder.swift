/// The `decoder` of a tokenizer.json: converts the texts of tokens back to text.
indirect enum TokenDecoder: Sendable {
  case sequence([TokenDecoder])
  case byteLevel
  case replace(TextPattern, with: [UInt8])
  case byteFallback
  case fuse
  /// Takes up to so many of a character from each end of every token.
  case strip([UInt8], start: Int, stop: Int)
  case metaspace(Metaspace)
  /// Turns the mark at the end of words into a space.
  case wordEnd([UInt8])

  func decode(
    _ texts: inout TokenTexts, _ budget: inout TextBudget
  ) throws(TextBudget.Exceeded) {
    switch self {
    case .sequence(let decoders):
      for decoder in decoders { try decoder.decode(&texts, &budget) }
    case .byteLevel:
      texts.rewrite { source, range, _, output in
        ByteLevelAlphabet.appendDecoded(source, range, to: &output)
      }
      texts.repair()
      texts.fuse()
    case .replace(let pattern, let content):
      var matches: [TextMatch] = []
      try texts.rewrite { (source, range, _, output) throws(TextBudget.Exceeded) in
        matches.removeAll(keepingCapacity: true)
        try pattern.appendMatches(in: source, range, to: &matches, &budget)
        for match in matches {
          if match.isMatch {
            try budget.spend(bytes: content.count)
            output.append(contentsOf: content)
          } else {
            output.append(source, match.start..<match.end)
          }
        }
      }
    case .byteFallback:
      texts.joinByteTokens()
    case .fuse:
      texts.fuse()
    case .strip(let character, let start, let stop):
      texts.rewrite { source, range, _, output in
        output.append(source, Self.strip(source, range, character, start: start, stop: stop))
      }
    case .metaspace(let metaspace):
      texts.rewrite { source, range, index, output in
        metaspace.appendDecoded(source, range, isFirstToken: index == 0, to: &output)
      }
    case .wordEnd(let suffix):
      let last = texts.ends.count - 1
      var matches: [TextMatch] = []
      try texts.rewrite { (source, range, index, output) throws(TextBudget.Exceeded) in
        matches.removeAll(keepingCapacity: true)
        try TextPattern.literal(suffix).appendMatches(in: source, range, to: &matches, &budget)
        for match in matches {
          if !match.isMatch {
            output.append(source, match.start..<match.end)
          } else if index < last {
            output.append(UInt8(ascii: " "))
          }
        }
      }
    }
  }

  private static func strip(
    _ source: Span<UInt8>, _ range: Range<Int>, _ character: [UInt8], start: Int, stop: Int
  ) -> Range<Int> {
    let length = character.count
    func stands(at index: Int) -> Bool {
      character.indices.allSatisfy { source[index + $0] == character[$0] }
    }
    var lower = range.lowerBound
    var upper = range.upperBound
    var taken = 0
    while taken < start, upper - lower >= length, stands(at: lower) {
      lower += length
      taken += 1
    }
    taken = 0
    while taken < stop, upper - lower >= length, stands(at: upper - length) {
      upper -= length
      taken += 1
    }
    return lower..<upper
  }
}

extension TokenTexts {
  /// Puts U+FFFD where the bytes are not UTF-8, one for each maximal broken part.
  fileprivate mutating func repair() {
    if String(validating: bytes, as: UTF8.self) != nil { return }
    let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
    self = TokenTexts()
    append(repaired)
  }

  /// Makes one text of each run of tokens like `<0x41>`, or U+FFFD for each of them where their
  /// bytes are not UTF-8.
  fileprivate mutating func joinByteTokens() {
    var result = TokenTexts()
    var run: [UInt8] = []
    func flush() {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        for _ in run { result.append(Array("\u{FFFD}".utf8)) }
      }
      run.removeAll(keepingCapacity: true)
    }
    var start = 0
    for end in ends {
      if let byte = Self.byte(bytes.span, start..<end) {
        run.append(byte)
      } else {
        flush()
        result.append(Array(bytes[start..<end]))
      }
      start = end
    }
    flush()
    self = result
  }

  /// The byte that a token like `<0x41>` stands for.
  private static func byte(_ source: Span<UInt8>, _ range: Range<Int>) -> UInt8? {
    let start = range.lowerBound
    guard range.count == 6, source[start] == UInt8(ascii: "<"),
      source[start + 1] == UInt8(ascii: "0"), source[start + 2] == UInt8(ascii: "x"),
      source[start + 5] == UInt8(ascii: ">"),
      let high = Character(Unicode.Scalar(source[start + 3])).hexDigitValue,
      let low = Character(Unicode.Scalar(source[start + 4])).hexDigitValue
    else { return nil }
    return UInt8(high << 4 | low)
  }
}
