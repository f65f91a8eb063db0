import Compute
import Transformer

/// The compulsory floating-point operations of a training step, after every exact saving (one
/// multiply and one add count two).
struct StepWork {
  let configuration: DecoderConfiguration
  /// Rows of the shared prefix: the pseudo-tokens.
  let prefix: Int
  /// Whether the step computes these rows; keys and values are there already.
  let computesPrefix: Bool
  /// Rows of all examples after the prefix.
  let rows: Int
  /// Response rows.
  let responses: Int
  let batch: Int

  private var attentionParameters: Int {
    configuration.hiddenSize * configuration.heads.fusedWidth
  }
  private var keyValueParameters: Int {
    configuration.hiddenSize * 2 * configuration.heads.keyValueWidth
  }
  private var queryParameters: Int { configuration.hiddenSize * configuration.heads.queryWidth }
  private var feedForwardParameters: Int {
    3 * configuration.hiddenSize * configuration.feedForwardSize
  }

  /// Matrix multiplications with frozen weights.
  var matmuls: Int {
    let all = (computesPrefix ? prefix : 0) + rows
    let upper = configuration.layerCount - 1
    // Below the last layer every row passes every matrix; in it, keys and values alone.
    let layerForward =
      upper * all * (attentionParameters + queryParameters + feedForwardParameters)
    let lastForward =
      all * keyValueParameters + responses * (2 * queryParameters + feedForwardParameters)
    // Backward does the same, except that the bottom layer's query, key and value matrices run on
    // the prefix alone.
    let bottomSaving = upper > 0 ? rows * attentionParameters : 0
    let head = responses * configuration.hiddenSize * configuration.vocabularySize
    return 2 * (2 * (layerForward + lastForward + head) - bottomSaving)
  }

  /// Scores and weighted sums: two matrix multiplications forward and five backward, D
  /// multiply-adds per pair of query and key.
  var attention: Int {
    let each = rows / max(batch, 1)
    let pairs =
      (computesPrefix ? prefix * (prefix + 1) / 2 : 0) + batch
      * (each * prefix + each * (each + 1) / 2)
    return configuration.layerCount * 7 * 2 * configuration.heads.queryWidth * pairs
  }

  var total: Int { matmuls + attention }
}
