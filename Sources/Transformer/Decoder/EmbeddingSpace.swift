/// The scaling of a decoder's input rows, which a soft prompt must share.
package struct EmbeddingSpace: Sendable, Equatable {
  /// Factor applied to the embedding table's rows before they become input rows (Gemma).
  package let embeddingScale: Float
  /// Factor that the model applies to every input row afterwards (Granite).
  package let inputMultiplier: Float

  package init(embeddingScale: Float = 1, inputMultiplier: Float = 1) {
    self.embeddingScale = embeddingScale
    self.inputMultiplier = inputMultiplier
  }

  /// The name of these rows in transformers 5.
  package static let name = "inputs_embeds"
}

extension DecoderConfiguration {
  /// The scaling of this model's input rows.
  package var embeddingSpace: EmbeddingSpace {
    EmbeddingSpace(embeddingScale: embeddingScale, inputMultiplier: inputMultiplier)
  }
}
