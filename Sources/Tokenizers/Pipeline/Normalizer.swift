/// Text on its way through the normalizers.
struct NormalizedText {
  /// UTF-8.
  var bytes: [UInt8]
  /// Whether the first character still comes from the first one of what the user gave: `Metaspace`
  /// with the scheme `first` depends on it.
  var startsAtOrigin: Bool
  var budget: TextBudget
}

/// The `normalizer` of a tokenizer.json: rewrites text before it is split.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case unicode(UnicodeNormalization)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case replace(TextPattern, with: [UInt8])
  case prepend([UInt8])
  case precompiled(CharacterMap)
  /// The character filter of the NMT recipes of SentencePiece.
  case nmt
  /// Bytes as characters of the byte-level alphabet.
  case byteLevel

  func normalize(_ text: inout NormalizedText) throws(TextBudget.Exceeded) {
    if text.bytes.isEmpty { return }
    switch self {
    case .sequence(let normalizers):
      for normalizer in normalizers { try normalizer.normalize(&text) }
      return
    case .unicode(let form):
      text.bytes = form.normalize(text.bytes)
    case .lowercase:
      text.mapScalars { scalar, output in
        if scalar.isASCII {
          let isUpper = "A"..."Z" ~= scalar
          output.append(UInt8(truncatingIfNeeded: scalar.value | (isUpper ? 0x20 : 0)))
          return
        }
        for lower in scalar.properties.lowercaseMapping.unicodeScalars {
          output.append(scalar: lower)
        }
      }
    case .strip(let left, let right):
      text.strip(left: left, right: right)
    case .stripAccents:
      text.mapScalars { scalar, output in
        if !scalar.isStrippedAccent { output.append(scalar: scalar) }
      }
    case .replace(let pattern, let content):
      try text.replace(pattern, with: content)
    case .prepend(let content):
      text.bytes.insert(contentsOf: content, at: 0)
    case .precompiled(let map):
      try map.normalize(&text)
    case .nmt:
      text.mapScalars { scalar, output in
        if let kept = Self.filteredByNMT(scalar) { output.append(scalar: kept) }
      }
    case .byteLevel:
      var output: [UInt8] = []
      output.reserveCapacity(text.bytes.count * 5 / 4)
      ByteLevelAlphabet.appendEncoded(text.bytes.span, 0..<text.bytes.count, to: &output)
      text.bytes = output
    }
    try text.budget.spend(bytes: text.bytes.count)
  }

  /// Drops control characters and makes other separators a space.
  private static func filteredByNMT(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      " "
    default: scalar
    }
  }
}

extension NormalizedText {
  /// Rewrites scalar by scalar; `body` appends what stands for its scalar.
  mutating func mapScalars(_ body: (Unicode.Scalar, inout [UInt8]) -> Void) {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    let input = bytes
    let source = input.span
    var index = 0
    while index < source.count {
      let (value, length) = decodeScalar(source, at: index)
      if let scalar = Unicode.Scalar(value) { body(scalar, &output) }
      if output.isEmpty { startsAtOrigin = false }
      index += length
    }
    bytes = output
  }

  mutating func strip(left: Bool, right: Bool) {
    let input = bytes
    let source = input.span
    let classes = UnicodeClasses.shared
    var start = 0
    var end = source.count
    while left, start < end, classes[decodeScalar(source, at: start).value] == .whitespace {
      start += scalarLength(source[start])
    }
    while right, end > start {
      let last = scalarStart(source, before: end)
      if classes[decodeScalar(source, at: last).value] != .whitespace { break }
      end = last
    }
    guard start > 0 || end < source.count else { return }
    if start > 0 { startsAtOrigin = false }
    bytes = Array(input[start..<end])
  }

  mutating func replace(
    _ pattern: TextPattern, with content: [UInt8]
  ) throws(TextBudget.Exceeded) {
    var matches: [TextMatch] = []
    let input = bytes
    let source = input.span
    try pattern.appendMatches(in: source, 0..<source.count, to: &matches, &budget)
    guard matches.contains(where: \.isMatch) else { return }
    var output: [UInt8] = []
    output.reserveCapacity(source.count + source.count / 2)
    for match in matches {
      if match.isMatch {
        if output.count + content.count > budget.bytesLeft {
          try budget.spend(bytes: output.count + content.count)
        }
        output.append(contentsOf: content)
      } else {
        output.append(source, match.start..<match.end)
      }
      if output.isEmpty { startsAtOrigin = false }
    }
    bytes = output
  }
}
