internal import Compute
internal import Transformer

extension Decoder {
  /// The embeddings of tokens: [count, E], row-major.
  func embeddings(of identifiers: [Int]) throws(DistillationError) -> [Float] {
    guard !identifiers.isEmpty else { return [] }
    return try distilling { () throws(TransformerError) in
      try check(identifiers)
      return try computing { () throws(ComputeError) in
        let tokens = try device.rowIndices(identifiers.map { Int32($0) })
        var rows = try device.buffer(
          of: Float.self, count: identifiers.count * configuration.hiddenSize)
        try embed(tokens, count: identifiers.count, into: &rows)
        return try device.download(rows)
      }
    }
  }
}
