import JSON
import Tokenizers

extension TokenizerClass {
  /// `tokenizer.json` as the class makes it: with its own components and with the tokens that the
  /// files beside it add.
  ///
  /// - Throws: when the class needs byte-pair encoding and the file has another model.
  func assemble(
    _ file: JSONNode, _ settings: TokenizerSettings
  ) throws(JSONReadingError) -> JSON {
    guard case .object(var object) = file.json else { return file.json }
    var known: [SpecialToken] = []
    if self == .file {
      let tokens: [JSONNode] = try file.optional("added_tokens") ?? []
      for token in tokens { known.append(try SpecialToken(token)) }
    } else {
      object["model"] = try model(file, settings)
      for (key, value) in components(settings).members { object[key] = value }
    }
    let tokens = known + tokensToAdd(settings, beyond: known)
    object["added_tokens"] = .array(tokens.map(\.json))
    switch self {
    case .gptNeoX: object["post_processor"] = .null
    case .codeLlama: object["post_processor"] = try beginning(file, settings)
    default: break
    }
    return .object(object)
  }

  private func model(
    _ file: JSONNode, _ settings: TokenizerSettings
  ) throws(JSONReadingError) -> JSON {
    let model: JSONNode = try file.required("model")
    let type: String? = try model.optional("type")
    let hasMerges = try model.has("merges")
    guard type == "BPE" || type == nil && hasMerges, case .object(var object) = model.json else {
      throw model.failure(
        expected: "\"BPE\", which the tokenizer_class \(rawValue) takes",
        found: type.map { "\"\($0)\"" } ?? "nothing", at: "type")
    }
    let unknown = namedTokens(settings).first { $0.name == "unk_token" }?.token.content
    let vocabulary: JSONNode = try model.required("vocab")
    let isKnown = try unknown.map { name throws(JSONReadingError) in try vocabulary.has(name) }
    let members = modelMembers(unknownToken: isKnown ?? false ? unknown : nil)
    for (key, value) in members.members { object[key] = value }
    return .object(object)
  }

  /// A post-processor that puts the token that begins a text before it.
  private func beginning(
    _ file: JSONNode, _ settings: TokenizerSettings
  ) throws(JSONReadingError) -> JSON {
    guard let token = namedTokens(settings).first(where: { $0.name == "bos_token" })?.token else {
      return .null
    }
    let model: JSONNode = try file.required("model")
    let vocabulary: JSONNode = try model.required("vocab")
    let identifier: Int = try vocabulary.required(token.content)
    return .template(before: [(token.content, identifier)])
  }
}
