import JSON

/// Which tokens begin, end and pad a text.
package struct GenerationConfiguration: Sendable, Equatable {
  /// The identifiers after which generation stops; several for chat models that end a turn and a
  /// text differently.
  package internal(set) var endIdentifiers: [Int]

  /// The identifier that begins a text, or nil.
  package let beginIdentifier: Int?

  /// The identifier that fills a batch, or nil.
  package let padIdentifier: Int?

  /// Reads `bos_token_id`, `eos_token_id` and `pad_token_id` of `generation_config.json`; what is
  /// absent there comes from `config.json`.
  ///
  /// - Throws: where a member is no identifier.
  package init(generation: JSONNode?, config: JSONNode?) throws(JSONReadingError) {
    func first(_ key: String) throws(JSONReadingError) -> [Int] {
      if let generation, try generation.has(key) { return try generation.identifiers(key) }
      if let config, try config.has(key) { return try config.identifiers(key) }
      return []
    }
    endIdentifiers = try first("eos_token_id")
    beginIdentifier = try first("bos_token_id").first
    padIdentifier = try first("pad_token_id").first
  }
}

extension JSONNode {
  /// One identifier or a list of them.
  fileprivate func identifiers(_ key: String) throws(JSONReadingError) -> [Int] {
    let value: JSONNode = try required(key)
    if case .array = value.json { return try required(key) }
    return [try required(key)]
  }
}
