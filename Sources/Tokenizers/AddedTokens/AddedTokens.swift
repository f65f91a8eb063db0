import JSON

/// A token that is found in the text itself, before the model sees it.
struct AddedToken: Equatable, Sendable {
  /// As the file spells it, UTF-8.
  var content: [UInt8]
  /// Only where no word character touches it.
  var isSingleWord = false
  /// White space on its left belongs to it.
  var stripsLeft = false
  /// White space on its right belongs to it.
  var stripsRight = false
  /// Looked for in the normalized text, in its normalized form.
  var isNormalized = true
  /// Such as a BOS or a header mark: can be skipped when decoding.
  var isSpecial = false
}

/// The `added_tokens` of a tokenizer.json.
struct AddedTokens: Sendable {
  /// A stretch of text, or a token that was found between two of them.
  enum Segment {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Entry {
    let token: AddedToken
    /// `token.content`, normalized if the token is.
    let form: [UInt8]
    let identifier: Int32
  }

  private var entries: [Entry] = []
  /// The index in `entries` of each identifier.
  private var indices: [Int: Int] = [:]
  private var contents = Vocabulary(capacity: 16)
  /// Over the text as given; values are indices in `entries`.
  private var verbatim = TokenTrie()
  /// Over the normalized text.
  private var normalized = TokenTrie()
  private(set) var hasNormalized = false
  private(set) var hasVerbatim = false

  /// The identifiers of the special tokens.
  private(set) var specialIdentifiers: Set<Int> = []
  /// The identifiers that decoding skips on request: those whose text is a special token's.
  private(set) var skippedIdentifiers: Set<Int> = []
  /// How many added tokens the model's vocabulary does not have.
  private(set) var countBeyondModel = 0

  /// Adds tokens in order. As the library does, a token that the model knows keeps the model's
  /// identifier, and any other gets the next free one; what the file says about it is not used.
  init(
    _ tokens: [AddedToken], model: Model, normalizer: Normalizer?
  ) throws(TextBudget.Exceeded) {
    var following = model.size
    for token in tokens where !token.content.isEmpty {
      let known = contents.identifier(of: token.content.span)
      if let known, let index = indices[Int(known)], entries[index].token == token { continue }
      let modelIdentifier = model.vocabulary.identifier(of: token.content.span)
      let identifier: Int
      if let known = known ?? modelIdentifier {
        identifier = Int(known)
      } else {
        identifier = following
        following += 1
      }
      if known == nil, modelIdentifier == nil { countBeyondModel += 1 }

      var form = NormalizedText(
        bytes: token.content, startsAtOrigin: true, budget: TextBudget(count: token.content.count))
      if token.isNormalized { try normalizer?.normalize(&form) }
      let entry = Entry(token: token, form: form.bytes, identifier: Int32(identifier))
      if let index = indices[identifier] {
        entries[index] = entry
      } else {
        indices[identifier] = entries.count
        entries.append(entry)
      }
      contents.insert(token.content.span, identifier)
      if token.isSpecial {
        specialIdentifiers.insert(identifier)
        if form.bytes == token.content { skippedIdentifiers.insert(identifier) }
      }
    }
    for (index, entry) in entries.enumerated() where !entry.form.isEmpty {
      if entry.token.isNormalized {
        hasNormalized = normalized.insert(entry.form.span, index) || hasNormalized
      } else {
        hasVerbatim = verbatim.insert(entry.form.span, index) || hasVerbatim
      }
    }
  }

  /// The tokens as a tokenizer.json has them, by identifier.
  var list: JSON {
    .array(
      entries.sorted { $0.identifier < $1.identifier }.map { entry in
        entry.token.json(identifier: Int(entry.identifier))
      })
  }

  func identifier(of token: Span<UInt8>) -> Int32? {
    contents.identifier(of: token)
  }

  /// The token as the file spells it, or nil.
  func content(of identifier: Int) -> [UInt8]? {
    indices[identifier].map { entries[$0].token.content }
  }

  /// The token as the decoder is to see it, or nil.
  func form(of identifier: Int) -> [UInt8]? {
    indices[identifier].map { entries[$0].form }
  }

  /// Cuts `text` at the tokens in it, leftmost first and of those that start together the
  /// longest; `isNormalized` says whether `text` has been through the normalizer.
  func segments(of text: [UInt8], isNormalized: Bool) -> [Segment] {
    guard isNormalized ? hasNormalized : hasVerbatim else {
      return text.isEmpty ? [] : [.text(0..<text.count)]
    }
    let trie = isNormalized ? normalized : verbatim
    let bytes = text.span
    var segments: [Segment] = []
    var pending = 0
    var index = 0
    /// Where the white space ends that a token has taken on its right; tokens inside end there too.
    var strippedEnd = 0
    while index < bytes.count {
      guard trie.mayStart(with: bytes[index]),
        let match = trie.longestMatch(bytes, index, limit: bytes.count)
      else {
        index += 1
        continue
      }
      let entry = entries[match.value]
      if !entry.token.isSingleWord || Self.isSingleWord(bytes, index..<match.end) {
        let start = entry.token.stripsLeft ? Self.leftEdge(bytes, index, pending) : index
        var end = match.end
        if entry.token.stripsRight {
          end = match.end < strippedEnd ? strippedEnd : Self.rightEdge(bytes, match.end)
          strippedEnd = end
        }
        if pending < start { segments.append(.text(pending..<start)) }
        segments.append(.token(entry.identifier))
        pending = end
      }
      index = match.end
    }
    if pending < bytes.count { segments.append(.text(pending..<bytes.count)) }
    return segments
  }

  private static func isSingleWord(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    func isWord(at index: Int) -> Bool {
      Unicode.Scalar(decodeScalar(text, at: index).value)?.isWordCharacter ?? false
    }
    if range.lowerBound > 0, isWord(at: scalarStart(text, before: range.lowerBound)) {
      return false
    }
    return range.upperBound == text.count || !isWord(at: range.upperBound)
  }

  /// Where the white space before `index` starts, at the earliest at `limit`.
  private static func leftEdge(_ text: Span<UInt8>, _ index: Int, _ limit: Int) -> Int {
    var index = index
    while index > limit {
      let start = scalarStart(text, before: index)
      guard UnicodeClasses.shared[decodeScalar(text, at: start).value] == .whitespace else {
        break
      }
      index = start
    }
    return max(index, limit)
  }

  /// Where the white space from `index` on ends.
  private static func rightEdge(_ text: Span<UInt8>, _ index: Int) -> Int {
    var index = index
    while index < text.count {
      let (value, length) = decodeScalar(text, at: index)
      guard UnicodeClasses.shared[value] == .whitespace else { break }
      index += length
    }
    return index
  }
}
