/// Where the input rows of a decoder stand among a model's scales: a soft prompt is only worth something beside them.
package struct EmbeddingSpace: Sendable, Equatable {
  /// What the embedding table's rows were multiplied by before they became input rows (Gemma).
  package let embeddingScale: Float
  /// What the model multiplies every input row by afterwards (Granite).
  package let inputMultiplier: Float

  package init(embeddingScale: Float = 1, inputMultiplier: Float = 1) {
    self.embeddingScale = embeddingScale
    self.inputMultiplier = inputMultiplier
  }

  /// The name of the place: what transformers 5 takes under this name.
  package static let name = "inputs_embeds"
}

extension DecoderConfiguration {
  /// Where this model's input rows stand.
  package var embeddingSpace: EmbeddingSpace {
    EmbeddingSpace(embeddingScale: embeddingScale, inputMultiplier: inputMultiplier)
  }
}
