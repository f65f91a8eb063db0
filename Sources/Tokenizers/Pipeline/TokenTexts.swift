/// The texts of a list of tokens, end to end in one buffer, on their way through the decoders.
struct TokenTexts {
  /// UTF-8.
  private(set) var bytes: [UInt8] = []
  /// Where each text ends.
  private(set) var ends: [Int] = []

  mutating func append(_ text: [UInt8]) {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
  }

  /// Appends what `body` appends as one text; nothing if it answers false.
  mutating func append(_ body: (inout [UInt8]) -> Bool) {
    if body(&bytes) { ends.append(bytes.count) }
  }

  /// Rewrites each text; `body` gets the buffer, the text's range and number, and appends.
  mutating func rewrite<Failure: Error>(
    _ body: (Span<UInt8>, Range<Int>, Int, inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var start = 0
    let source = bytes
    for index in ends.indices {
      let end = ends[index]
      try body(source.span, start..<end, index, &output)
      ends[index] = output.count
      start = end
    }
    bytes = output
  }

  /// Makes one text of all.
  mutating func fuse() {
    ends = [bytes.count]
  }

  /// All texts with `separator` between them.
  func joined(separator: [UInt8]) -> String {
    if separator.isEmpty { return String(decoding: bytes, as: UTF8.self) }
    var output: [UInt8] = []
    var start = 0
    for end in ends {
      if start > 0 || !output.isEmpty { output.append(contentsOf: separator) }
      output.append(contentsOf: bytes[start..<end])
      start = end
    }
    return String(decoding: output, as: UTF8.self)
  }
}
