extension Decoder {
  /// Throws where an id is outside the vocabulary.
  package func check(_ identifiers: [Int]) throws(TransformerError) {
    let size = configuration.vocabularySize
    if let wrong = identifiers.first(where: { $0 < 0 || $0 >= size }) {
      throw .identifier(wrong, vocabularySize: size)
    }
  }

  /// Throws where a text is longer than the model's positions.
  package func checkLength(_ tokens: Int, of what: String) throws(TransformerError) {
    if tokens > configuration.maximumPositions {
      throw .tooLong(what: what, tokens: tokens, maximum: configuration.maximumPositions)
    }
  }

  /// Whether a text of this length has the rotary frequencies of long texts (LongRoPE).
  package func isLong(_ textLength: Int) -> Bool {
    rotations.contains { $0.parameters?.isLong(textLength) ?? false }
  }
}

extension DecoderConfiguration {
  /// Whether a text of this length has the rotary frequencies of long texts (LongRoPE).
  package func isLong(_ textLength: Int) -> Bool {
    (0..<layerCount).contains { rotation(ofLayer: $0)?.isLong(textLength) ?? false }
  }

  /// Whether keys can be rotated to other positions; learned positions cannot be taken out of them.
  package var canMoveKeys: Bool { position != .learned }
}
