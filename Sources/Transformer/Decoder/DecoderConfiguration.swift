package import Compute

/// The architecture of a decoder-only transformer. Each family fills it in from config.json; the
/// decoder reads nothing else.
package struct DecoderConfiguration: Sendable, Equatable {
  /// The kind of norm.
  package enum NormalizationKind: Sendable, Equatable {
    /// Zhang and Sennrich 2019, arXiv:1910.07467.
    case rms
    /// Ba et al. 2016, arXiv:1607.06450, with a bias.
    case layer
  }

  /// The encoding of positions.
  package enum PositionEncoding: Sendable, Equatable {
    /// RoPE on queries and keys (Su et al. 2021, arXiv:2104.09864), the same in every layer.
    case rotary(RotaryParameters)
    /// RoPE by layer; a layer with nil has no position encoding.
    case rotaryByLayer([RotaryParameters?])
    /// A learned vector per position, added to the embeddings.
    case learned
  }

  /// The norms of a layer with serial blocks.
  package enum NormPlacement: Sendable, Equatable {
    /// x + block(norm x).
    case before
    /// x + norm(block x): OLMo 2 (arXiv:2501.00656).
    case after
    /// x + norm(block(norm x)): Gemma 2 (arXiv:2408.00118).
    case beforeAndAfter
  }

  /// How the two blocks of a layer connect to the residual stream.
  package enum ResidualForm: Sendable, Equatable {
    /// Attention, then feed-forward on the post-attention residual; `multiplier` scales both
    /// outputs.
    case serial(NormPlacement, multiplier: Float = 1)
    /// x + attention(norm x) + feedForward(norm x) (GPT-J, Wang and Komatsuzaki 2021), with one
    /// norm for both or one each.
    case parallel(sharesNorm: Bool)
  }

  /// The norm of queries and keys before RoPE (Henry et al. 2020, arXiv:2010.04245), of the kind of
  /// all norms, without a bias.
  package enum QueryKeyNorm: Sendable, Equatable {
    case none
    /// Over each head alone.
    case perHead
    /// Over all heads of a row together.
    case wholeWidth
  }

  /// The form of the feed-forward block.
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
  /// The model's longest text, in tokens.
  package var maximumPositions: Int
  package var normalization: NormalizationKind
  package var normalizationEpsilon: Float
  package var position: PositionEncoding
  package var feedForward: FeedForwardKind
  /// Interleaved (GPT-J) RoPE: elements 2 i and 2 i + 1 of a query or key head rotate together, not
  /// i and i + d / 2. Its projections are loaded in half-split order.
  package var hasInterleavedRotation = false
  /// Number of keys that a query attends to, including its own, by layer; nil attends to all before
  /// it.
  package var windows: [Int?]
  /// Whether the head is the embedding matrix.
  package var tiesEmbeddings: Bool
  /// Factor of the attention scores, usually 1 / sqrt(D).
  package var attentionScale: Float
  /// Soft-caps the scores: cap * tanh(score / cap).
  package var attentionSoftCap: Float?
  package var residual = ResidualForm.serial(.before)
  package var queryKeyNorm = QueryKeyNorm.none
  /// Offset of the stored weights of every norm: 1 in Gemma's files.
  package var normalizationWeightOffset: Float = 0
  /// Factor of the embedding table's rows at lookup: the embedding of a token is that product
  /// (Gemma's square root of E).
  package var embeddingScale: Float = 1
  /// Factor of every input row before the first layer, of tokens and soft prompts alike (Granite's
  /// `embedding_multiplier`).
  package var inputMultiplier: Float = 1
  /// Scaling and soft cap of the logits.
  package var logitShape = LogitShape.plain

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

  /// The rotary embedding of a layer; nil where it has none.
  package func rotation(ofLayer layer: Int) -> RotaryParameters? {
    switch position {
    case .rotary(let parameters): parameters
    case .rotaryByLayer(let parameters): parameters[layer]
    case .learned: nil
    }
  }

  /// The elements of a query or key head in the order in which the layer computes them: all first
  /// elements of rotated pairs, all second ones, and the rest; nil where that is the checkpoint's
  /// order.
  package func headOrder(ofLayer layer: Int) -> [Int]? {
    guard hasInterleavedRotation, let rotation = rotation(ofLayer: layer), rotation.dimension > 0
    else { return nil }
    let pairs = Array(stride(from: 0, to: rotation.dimension, by: 2))
    return pairs + pairs.map { $0 + 1 } + Array(rotation.dimension..<heads.headDimension)
  }
}
