/// What the characters of a piece are before anything merges.
struct SymbolTable: Sendable {
  /// What to do with a character that is not in the vocabulary.
  struct Unknown: Sendable {
    /// The tokens `<0x00>` to `<0xFF>`, -1 where one is missing; empty without byte fallback.
    var bytes: [Int32] = []
    /// The unknown token, or nil: then such characters are dropped.
    var token: Int32?
    /// Whether adjacent unknown characters share one token.
    var fuses = false

    /// Whether every byte has its token, so that nothing is ever unknown.
    var coversEveryByte: Bool { bytes.count == 256 && !bytes.contains(-1) }
  }

  let unknown: Unknown
  /// Written in front of every character but the first when it is looked up.
  let prefix: [UInt8]
  /// Written behind the last character when it is looked up.
  let suffix: [UInt8]
  /// The tokens of the characters below U+0800, -1 where there is none.
  private let direct: [Int32]
  private let vocabulary: Vocabulary

  init(_ vocabulary: Vocabulary, _ unknown: Unknown, prefix: [UInt8], suffix: [UInt8]) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.prefix = prefix
    self.suffix = suffix
    direct = (0..<0x800).map { value in
      var text: [UInt8] = []
      if let scalar = Unicode.Scalar(UInt32(value)) { text.append(scalar: scalar) }
      return vocabulary.identifier(of: text.span) ?? -1
    }
  }

  /// The token of the character at `index`, or -1, and the character's length.
  @inline(__always)
  func symbol(_ text: Span<UInt8>, _ index: Int) -> (symbol: Int32, length: Int) {
    let (value, length) = decodeScalar(text, at: index)
    if value < 0x800 { return (direct[Int(value)], length) }
    let symbol = vocabulary.identifier(of: text.extracting(index..<index + length))
    return (symbol ?? -1, length)
  }

  /// Appends the symbols of `text[range]`.
  func appendSymbols(
    of text: Span<UInt8>, _ range: Range<Int>, to queue: inout MergeQueue
  ) {
    var hasPending = false
    var index = range.lowerBound
    while index < range.upperBound {
      var (symbol, length) = symbol(text, index)
      let character = index..<index + length
      index += length
      let isDecorated = !prefix.isEmpty || !suffix.isEmpty
      var decorated: [UInt8] = []
      if isDecorated {
        if character.lowerBound > range.lowerBound { decorated.append(contentsOf: prefix) }
        decorated.append(text, character)
        if index == range.upperBound { decorated.append(contentsOf: suffix) }
        symbol = vocabulary.identifier(of: decorated.span) ?? -1
      }
      if symbol >= 0 {
        if hasPending { appendUnknown(&hasPending, to: &queue) }
        queue.append(symbol)
        continue
      }
      if isDecorated
        ? appendBytes(decorated.span, to: &queue)
        : appendBytes(text.extracting(character), to: &queue)
      {
        continue
      }
      // An unknown character waits until it is clear that the next one does not fuse with it.
      if hasPending, !unknown.fuses { appendUnknown(&hasPending, to: &queue) }
      hasPending = true
    }
    if hasPending { appendUnknown(&hasPending, to: &queue) }
  }

  private func appendUnknown(_ hasPending: inout Bool, to queue: inout MergeQueue) {
    hasPending = false
    if let token = unknown.token { queue.append(token) }
  }

  /// Appends the byte tokens of a character if it has them all.
  private func appendBytes(_ bytes: Span<UInt8>, to queue: inout MergeQueue) -> Bool {
    guard !unknown.bytes.isEmpty else { return false }
    for index in bytes.indices where unknown.bytes[Int(bytes[index])] < 0 { return false }
    for index in bytes.indices { queue.append(unknown.bytes[Int(bytes[index])]) }
    return true
  }
}
