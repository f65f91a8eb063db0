import HuggingFace

/// How the model of an adapter's training is related to another.
package enum ModelKinship: Sendable, Equatable {
  /// It is the same, or none is recorded.
  case same
  /// Both are GGUF files of one model, whose weights are quantised in different ways.
  case otherQuantisation(trained: GGUFIdentity, found: GGUFIdentity)
  /// It is the same model with other LoRA adapters in its weights, which are in these folders.
  case otherLoRA(trained: [String], found: [String])
  case other

  /// A notice where it is the same model with other weights.
  ///
  /// - Parameter adapter: the path of the adapter.
  func notice(of adapter: String) -> InputNotice? {
    switch self {
    case .same, .other: nil
    case .otherQuantisation(let trained, let found):
      .otherQuantisation(adapter: adapter, trained: trained, found: found)
    case .otherLoRA(let trained, let found):
      .otherLoRA(adapter: adapter, trained: trained, found: found)
    }
  }
}

extension GGUFIdentity {
  /// The file with the beginning of the SHA-256 of its tensors, for messages.
  var title: String { "\(file) (tensors of SHA-256 \(tensorsDigest.prefix(12))...)" }
}

extension [String] {
  /// LoRA adapters, by their folders, in a message.
  var loraTitle: String {
    isEmpty
      ? "no LoRA adapter" : "the LoRA adapter\(count == 1 ? "" : "s") \(joined(separator: ", "))"
  }
}
