import JSON

extension GGUFVocabulary {
  /// Whether the model is SentencePiece's.
  var isSentencePiece: Bool { model == "llama" }

  /// Gemma's models: no space in front, and merges by identifier.
  private var isGemma: Bool { architecture.hasPrefix("gemma") }

  /// The model and the other components, as of a tokenizer.json.
  private struct Parts {
    let tokens: GGUFTokens
    let added: [AddedToken]
    let pairs: [BytePairEncoding.Pair]
    var unknown = SymbolTable.Unknown()
    var ignoresMerges = false
    let components: JSONObject
  }

  /// The tokenizer.
  ///
  /// - Throws: when lists disagree, a token stands twice, an identifier or a merge names no token,
  ///   or the model or its pre-tokenizer is not known.
  package func tokenizer() throws(TokenizerError) -> Tokenizer {
    let parts = try parts()
    let model = BytePairEncoding(
      parts.tokens.vocabulary, parts.pairs, parts.unknown, ignoresMerges: parts.ignoresMerges)
    return try Tokenizer(
      .bytePairEncoding(model), parts.added,
      components: JSONNode(.object(parts.components), file: file))
  }

  /// The same tokenizer as a tokenizer.json.
  ///
  /// - Throws: as ``tokenizer()``.
  package func tokenizerJSON() throws(TokenizerError) -> JSON {
    let parts = try parts()
    let texts = parts.tokens.spellings.map { $0.map { String(decoding: $0, as: UTF8.self) } }
    var vocabulary = JSONObject()
    for (identifier, text) in texts.enumerated() {
      if let text { vocabulary[text] = .integer(identifier) }
    }
    let merges = parts.pairs.map { pair -> JSON in
      .array([.string(texts[Int(pair.left)] ?? ""), .string(texts[Int(pair.right)] ?? "")])
    }
    let unknown = parts.unknown.token.flatMap { texts[Int($0)] }
    var object: JSONObject = [
      "version": .string("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": try tokenizer().addedTokenList,
    ]
    for (key, value) in parts.components.members { object[key] = value }
    object["model"] = .component(
      "BPE",
      [
        "dropout": .null, "unk_token": unknown.map(JSON.string) ?? .null,
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
        "fuse_unk": .bool(isSentencePiece), "byte_fallback": .bool(isSentencePiece),
        "ignore_merges": .bool(parts.ignoresMerges), "vocab": .object(vocabulary),
        "merges": .array(merges),
      ])
    return .object(object)
  }

  /// The special tokens by the name that chat templates have for them.
  ///
  /// - Throws: as ``tokenizer()``, as far as the tokens themselves go.
  package func specialTokens() throws(TokenizerError) -> [String: String] {
    let tokens = try GGUFTokens(self)
    var named: [String: String] = [:]
    for (role, identifier) in tokens.roles {
      guard let name = role.templateName, let spelling = tokens.spellings[identifier] else {
        continue
      }
      named[name] = String(decoding: spelling, as: UTF8.self)
    }
    return named
  }

  private func parts() throws(TokenizerError) -> Parts {
    switch model {
    case "gpt2": return try byteLevelParts()
    case "llama": return try sentencePieceParts()
    default:
      throw failure(
        "model",
        expected: "gpt2 (byte-level) or llama (SentencePiece), the tokenizers that are read",
        found: "\"\(model.excerpt)\"")
    }
  }

  private func byteLevelParts() throws(TokenizerError) -> Parts {
    let names = "one of \(GGUFPreTokenizer.names.joined(separator: ", "))"
    guard let preTokenizer else {
      throw failure(
        "pre", expected: names, found: "nothing; convert the model with a llama.cpp of today")
    }
    guard let known = GGUFPreTokenizer(named: preTokenizer) else {
      throw failure("pre", expected: names, found: "\"\(preTokenizer.excerpt)\"")
    }
    let tokens = try GGUFTokens(self)
    guard let merges else {
      throw failure("merges", expected: "the merges of a gpt2 tokenizer", found: "nothing")
    }
    return Parts(
      tokens: tokens, added: addedTokens(tokens), pairs: try listedPairs(merges, tokens),
      ignoresMerges: known.ignoresMerges,
      components: [
        "normalizer": known.normalizer, "pre_tokenizer": known.preTokenizer,
        "post_processor": try postProcessor(
          tokens, addsBegin: known.addsBegin && tokens.roles[.begin] != nil),
        "decoder": .byteLevelDecoder,
      ])
  }

  private func sentencePieceParts() throws(TokenizerError) -> Parts {
    let tokens = try GGUFTokens(self)
    let pairs =
      if let merges { try listedPairs(merges, tokens) } else { try impliedPairs(tokens) }
    let prefixes = addsPrefixSpace ?? !isGemma
    let spaces = JSON.replace(" ", with: JSON.sentencePieceSpace)
    let prefix = JSON.component("Prepend", ["prepend": .string(JSON.sentencePieceSpace)])
    return Parts(
      tokens: tokens, added: addedTokens(tokens), pairs: pairs,
      unknown: .init(
        bytes: tokens.vocabulary.byteTokens, token: tokens.roles[.unknown].map(Int32.init),
        fuses: true),
      components: [
        "normalizer": prefixes
          ? .component("Sequence", ["normalizers": .array([prefix, spaces])]) : spaces,
        "pre_tokenizer": .null,
        "post_processor": try postProcessor(tokens, addsBegin: tokens.roles[.begin] != nil),
        "decoder": .sentencePieceDecoder(stripsPrefixSpace: prefixes),
      ])
  }

  private func listedPairs(
    _ merges: [String], _ tokens: GGUFTokens
  ) throws(TokenizerError) -> [BytePairEncoding.Pair] {
    let vocabulary = tokens.vocabulary
    var pairs: [BytePairEncoding.Pair] = []
    pairs.reserveCapacity(merges.count)
    for (index, merge) in merges.enumerated() {
      let text = Array(merge.utf8)
      // A token may begin with a space, but none of a merge has one inside.
      guard let space = text.dropFirst().firstIndex(of: UInt8(ascii: " ")), space + 1 < text.count
      else {
        throw failure(
          "merges[\(index)]", expected: "two tokens with a space between them",
          found: "\"\(merge.excerpt)\"")
      }
      let whole = Array(text[..<space] + text[(space + 1)...])
      let (parts, joined) = (text.span, whole.span)
      guard let left = vocabulary.identifier(of: parts.extracting(..<space)),
        let right = vocabulary.identifier(of: parts.extracting((space + 1)...)),
        let result = vocabulary.identifier(of: joined)
      else {
        throw failure(
          "merges[\(index)]", expected: "a merge of tokens into a token",
          found: "\"\(merge.excerpt)\"")
      }
      pairs.append((left, right, result))
    }
    return pairs
  }

  private func impliedPairs(
    _ tokens: GGUFTokens
  ) throws(TokenizerError) -> [BytePairEncoding.Pair] {
    guard ImpliedMerges.steps(tokens) <= ImpliedMerges.stepLimit else {
      let longest = tokens.spellings.reduce(0) { max($0, $1?.count ?? 0) }
      throw failure(
        "tokens", expected: "tokens of the length of words", found: "one of \(longest) bytes")
    }
    if isGemma { return ImpliedMerges.pairs(of: tokens, by: .identifiers) }
    guard let scores else {
      throw failure("scores", expected: "the scores of a llama tokenizer", found: "nothing")
    }
    guard scores.count == tokens.spellings.count else {
      throw failure(
        "scores", expected: "a score for each of \(tokens.spellings.count) tokens",
        found: "\(scores.count) scores")
    }
    if let index = scores.firstIndex(where: { !$0.isFinite }) {
      throw failure("scores[\(index)]", expected: "a finite number", found: "\(scores[index])")
    }
    return ImpliedMerges.pairs(of: tokens, by: .scores(scores))
  }

  /// The tokens that are found before everything else: control tokens, which are special, and
  /// user-defined ones, which are not.
  private func addedTokens(_ tokens: GGUFTokens) -> [AddedToken] {
    let named = Set([tokens.roles[.begin], tokens.roles[.end]].compactMap(\.self))
    var added: [AddedToken] = []
    for (identifier, spelling) in tokens.spellings.enumerated() {
      guard let spelling else { continue }
      let type = tokens.types[identifier]
      let isSpecial = type == .control || type == .unknown || named.contains(identifier)
      guard isSpecial || type == .userDefined else { continue }
      added.append(
        AddedToken(
          content: spelling, stripsRight: isSpecial && takesSpaceBehind(spelling),
          isNormalized: false, isSpecial: isSpecial))
    }
    return added
  }

  /// Phi-3's marks take the white space behind them, which the file does not say.
  private func takesSpaceBehind(_ token: [UInt8]) -> Bool {
    guard architecture == "phi3", isSentencePiece else { return false }
    return !["<unk>", "<s>", "<|endoftext|>"].contains { token.elementsEqual($0.utf8) }
  }

  private func postProcessor(
    _ tokens: GGUFTokens, addsBegin isUsual: Bool
  ) throws(TokenizerError) -> JSON {
    func token(_ role: GGUFTokenRole, _ flag: String) throws(TokenizerError) -> (String, Int) {
      guard let identifier = tokens.roles[role], let spelling = tokens.spellings[identifier] else {
        throw failure(flag, expected: "\(role.key) beside it", found: "nothing")
      }
      return (String(decoding: spelling, as: UTF8.self), identifier)
    }
    let before = addsBegin ?? isUsual ? [try token(.begin, "add_bos_token")] : []
    let after = addsEnd ?? false ? [try token(.end, "add_eos_token")] : []
    return .template(before: before, after: after)
  }
}
