import HuggingFace
internal import Inference
internal import Transformer

extension Decoder {
  /// The rows before every token, in the prompt's form: header, prompt and closing.
  func virtualTokens(
    _ prompt: LearnedPrompt, in frame: Frame
  ) throws(DistillationError) -> LearnedPrompt {
    switch prompt.form {
    case .embeddings(_, let width):
      LearnedPrompt(
        embeddings: try embeddings(of: frame.header) + prompt.values
          + embeddings(of: frame.closing), width: width)
    case .keysValues:
      try keysValues(of: Prefix(frame, .prompt(prompt)))
    }
  }

  /// The keys and values of all rows of a prefix. A prompt of embeddings becomes a KV prefix
  /// exactly, because no row depends on those after it.
  func keysValues(of prefix: Prefix) throws(DistillationError) -> LearnedPrompt {
    try distilling { () throws(TransformerError) in
      let model = try prefill(prefix, capacity: PrefixCapacity(rows: 0))
      return try model.keysValues(of: 0..<model.prefixRows)
    }
  }
}
