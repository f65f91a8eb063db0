import JSON

/// The class that `AutoTokenizer` of transformers 5 loads a folder's tokenizer with.
///
/// Most classes take `tokenizer.json` as it is. The others keep its vocabulary, merges and
/// post-processor, and build normalizer, pre-tokenizer and decoder themselves, whatever the file
/// says.
enum TokenizerClass: String, CaseIterable, Sendable {
  /// Takes `tokenizer.json` as it is.
  case file = "TokenizersBackend"
  case llama = "LlamaTokenizer"
  case codeLlama = "CodeLlamaTokenizer"
  case gemma = "GemmaTokenizer"
  case qwen2 = "Qwen2Tokenizer"
  case qwen35 = "Qwen3_5Tokenizer"
  case gpt2 = "GPT2Tokenizer"
  case codeGen = "CodeGenTokenizer"
  case gptNeoX = "GPTNeoXTokenizer"
  case cohere = "CohereTokenizer"

  /// Finds the class as `AutoTokenizer.from_pretrained` does (transformers 5.23,
  /// models/auto/tokenization_auto.py).
  ///
  /// - Parameters:
  ///   - settings: `tokenizer_config.json`, or nil.
  ///   - config: `config.json`, or nil.
  ///   - isByteLevel: whether `tokenizer.json` names a ByteLevel component.
  /// - Throws: when the class is one that builds its tokenizer in a way that is not supported.
  init(
    settings: JSONNode?, config: JSONNode?, isByteLevel: () -> Bool
  ) throws(JSONReadingError) {
    let own: String? = try settings?.optional("tokenizer_class")
    let inherited: String? = try config?.optional("tokenizer_class")
    let modelType: String = try config?.optional("model_type") ?? ""
    let declared = (own ?? inherited).map(Self.withoutFast)
    let registered = Self.registered[modelType]
    let isMistaken = Self.modelTypesWithMistakenClass.contains(modelType)

    func named(_ name: String) throws(JSONReadingError) -> TokenizerClass {
      guard !Self.unsupported.contains(name) else {
        let source = own == nil ? config : settings
        guard let source else { return .file }
        throw source.failure(
          expected: "a class that byte-pair encoding is known for: "
            + Self.allCases.map(\.rawValue).joined(separator: ", "),
          found: "\"\(name)\"", at: "tokenizer_class")
      }
      return TokenizerClass(rawValue: Self.aliases[name] ?? name) ?? .file
    }

    guard try !Self.hasCodeOfItsOwn(settings) else {
      self = try declared.map(named) ?? registered ?? .file
      return
    }
    if declared == Self.llama.rawValue, !isMistaken, isByteLevel() {
      self = .file
    } else if let declared, let registered, registered.rawValue != declared {
      self = registered == .file ? .file : isMistaken ? registered : try named(declared)
    } else {
      self = try declared.map(named) ?? registered ?? .file
    }
  }

  /// Whether `auto_map` names a class in the repository; then the checks against the model's type
  /// do not take place.
  private static func hasCodeOfItsOwn(_ settings: JSONNode?) throws(JSONReadingError) -> Bool {
    guard let map: JSONNode = try settings?.optional("auto_map") else { return false }
    guard case .object(let object) = map.json else { return true }
    return object["AutoTokenizer"].map { $0 != .null } ?? false
  }

  private static func withoutFast(_ name: String) -> String {
    name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
  }
}
