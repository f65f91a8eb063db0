package import Compute

/// Everything that sets one decoder-only transformer apart from another. A family's file fills it in from config.json;
/// the decoder reads nothing else.
package struct DecoderConfiguration: Sendable, Equatable {
  /// How rows are normalised.
  package enum NormalizationKind: Sendable, Equatable {
    /// Zhang and Sennrich 2019, arXiv:1910.07467.
    case rms
    /// Ba et al. 2016, arXiv:1607.06450, with a bias.
    case layer
  }

  /// How a row knows its position.
  package enum PositionEncoding: Sendable, Equatable {
    /// Rotation of queries and keys (Su et al. 2021, arXiv:2104.09864).
    case rotary(RotaryParameters)
    /// A learned vector a position, added to the embeddings.
    case learned
  }

  /// The shape of the feed-forward block.
  package enum FeedForwardKind: Sendable, Equatable {
    /// down(activation(gate x) * up x) (Shazeer 2020, arXiv:2002.05202).
    case gated(Activation)
    /// down(activation(up x)).
    case plain(Activation)
  }

  /// `model_type` of config.json.
  package var family: String
  /// E.
  package var hiddenSize: Int
  /// L.
  package var layerCount: Int
  package var heads: HeadShape
  /// F.
  package var feedForwardSize: Int
  /// V.
  package var vocabularySize: Int
  /// The longest text that the model was made for, in tokens.
  package var maximumPositions: Int
  package var normalization: NormalizationKind
  package var normalizationEpsilon: Float
  package var position: PositionEncoding
  package var feedForward: FeedForwardKind
  /// Keys that a query sees, itself among them, by layer; nil sees all before it.
  package var windows: [Int?]
  /// The head reads the embedding matrix.
  package var tiesEmbeddings: Bool
  /// The scores' factor, as a rule 1 / sqrt(D).
  package var attentionScale: Float

  package init(
    family: String, hiddenSize: Int, layerCount: Int, heads: HeadShape, feedForwardSize: Int,
    vocabularySize: Int, maximumPositions: Int, normalization: NormalizationKind,
    normalizationEpsilon: Float, position: PositionEncoding, feedForward: FeedForwardKind,
    windows: [Int?]? = nil, tiesEmbeddings: Bool, attentionScale: Float? = nil
  ) {
    self.family = family
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.heads = heads
    self.feedForwardSize = feedForwardSize
    self.vocabularySize = vocabularySize
    self.maximumPositions = maximumPositions
    self.normalization = normalization
    self.normalizationEpsilon = normalizationEpsilon
    self.position = position
    self.feedForward = feedForward
    self.windows = windows ?? [Int?](repeating: nil, count: layerCount)
    self.tiesEmbeddings = tiesEmbeddings
    self.attentionScale = attentionScale ?? 1 / Float(heads.headDimension).squareRoot()
  }

  /// Parameters of all matrices that every token passes through: those of the layers, without embedding and head.
  package var layerParameters: Int {
    let attention = hiddenSize * (heads.fusedWidth + heads.queryWidth)
    let matrices =
      switch feedForward {
      case .gated: 3
      case .plain: 2
      }
    return layerCount * (attention + matrices * hiddenSize * feedForwardSize)
  }
}
