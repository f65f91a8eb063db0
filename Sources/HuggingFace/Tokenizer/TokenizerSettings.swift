import JSON

/// What the small files beside `tokenizer.json` say of the tokenizer: flags of its class, named
/// special tokens, and tokens that are added to it.
///
/// Source: `_from_pretrained` in transformers 5.23, tokenization_utils_base.py.
struct TokenizerSettings: Sendable {
  /// A special token under its name; nil where the file says null.
  typealias Named = (name: String, token: SpecialToken?)

  /// `legacy`: whether a prefix space comes behind every special token too.
  let isLegacy: Bool
  /// Special tokens by name, `bos_token` and so on, in the order of the files.
  private(set) var named: [Named] = []
  /// Special tokens without a name.
  private(set) var extra: [SpecialToken] = []
  /// Tokens to add, by their number in the file.
  private(set) var added: [Int: SpecialToken] = [:]

  private let prefixSpace: Bool?

  /// The names that every class knows, in their order.
  static let standardNames = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Reads the files, each nil where the folder has none.
  ///
  /// `special_tokens_map.json`, `added_tokens.json` and the added tokens of `tokenizer.json` count
  /// only where `tokenizer_config.json` has no `added_tokens_decoder`.
  init(
    config: JSONNode?, specialTokens map: JSONNode?, addedTokens: JSONNode?,
    tokenizer: JSONNode?
  ) throws(JSONReadingError) {
    isLegacy = try config?.optional("legacy") ?? false
    prefixSpace = try config?.optional("add_prefix_space")
    if try config?.optional("split_special_tokens") ?? false, let config {
      throw config.failure(
        expected: "false: special tokens are always found in a text", found: "true",
        at: "split_special_tokens")
    }
    if let config { try readTokens(of: config) }
    if let decoder: JSONNode = try config?.optional("added_tokens_decoder") {
      try readAdded(decoder)
    } else {
      if let map { try readTokens(of: map) }
      if let addedTokens { try readAddedByToken(addedTokens) }
      if let tokenizer { try readAdded(ofTokenizer: tokenizer) }
    }
    takeFlagsOfAdded()
  }

  /// `add_prefix_space`, or what the class takes where the file says nothing.
  func addsPrefixSpace(default value: Bool) -> Bool {
    prefixSpace ?? value
  }

  /// Reads the named and the extra special tokens; a later file's count.
  private mutating func readTokens(of file: JSONNode) throws(JSONReadingError) {
    for key in try file.keys() where key.hasSuffix("_token") {
      guard let value: JSONNode = try file.optional(key) else {
        if Self.standardNames.contains(key) { set(key, nil) }
        continue
      }
      switch value.json {
      case .string, .object: set(key, try SpecialToken(value))
      default:
        // Flags such as `add_bos_token` have this ending too.
        guard Self.standardNames.contains(key) else { continue }
        throw value.failure(expected: "a token, as a string or an object", found: value.json.kind)
      }
    }
    var tokens: JSONNode? = try file.optional("extra_special_tokens")
    let isEmpty =
      switch tokens?.json {
      case .array(let elements): elements.isEmpty
      case .object(let members): members.count == 0
      default: tokens == nil
      }
    if isEmpty { tokens = try file.optional("additional_special_tokens") }
    guard let tokens else { return }
    if case .object = tokens.json {
      for key in try tokens.keys() { set(key, try SpecialToken(tokens.required(key))) }
      return
    }
    let list: [JSONNode] = try [JSONNode].init(reading: tokens) ?? []
    for element in list {
      let token = try SpecialToken(element)
      if !extra.contains(token) { extra.append(token) }
    }
  }

  private mutating func set(_ name: String, _ token: SpecialToken?) {
    if let index = named.firstIndex(where: { $0.name == name }) {
      named[index].token = token
    } else {
      named.append((name, token))
    }
  }

  /// Reads `added_tokens_decoder`: tokens by their number.
  private mutating func readAdded(_ decoder: JSONNode) throws(JSONReadingError) {
    for key in try decoder.keys() {
      guard let number = Int(key) else {
        throw decoder.failure(expected: "the number of a token as key", found: "\"\(key)\"")
      }
      added[number] = try SpecialToken(decoder.required(key))
    }
  }

  /// Reads `added_tokens.json`: numbers by token.
  private mutating func readAddedByToken(_ file: JSONNode) throws(JSONReadingError) {
    let special = Set((named.compactMap(\.token) + extra).map(\.bytes))
    for token in try file.keys() {
      let isSpecial = special.contains(Array(token.utf8))
      added[try file.required(token)] = SpecialToken(
        content: token, flags: .init(isNormalized: !isSpecial, isSpecial: isSpecial))
    }
  }

  private mutating func readAdded(ofTokenizer file: JSONNode) throws(JSONReadingError) {
    guard let tokens: [JSONNode] = try file.optional("added_tokens") else { return }
    for token in tokens { added[try token.required("id")] = try SpecialToken(token) }
  }

  /// A named token that is an added one has that one's flags.
  private mutating func takeFlagsOfAdded() {
    var byContent: [[UInt8]: SpecialToken] = [:]
    for (_, token) in added.sorted(by: { $0.key < $1.key }) { byContent[token.bytes] = token }
    for index in named.indices where Self.standardNames.contains(named[index].name) {
      guard let token = named[index].token else { continue }
      named[index].token = byContent[token.bytes] ?? token
    }
  }
}
