package import Compute
package import Transformer

extension Decoder {
  /// The logits of a text: [S, V] for S token ids after a prefix.
  ///
  /// The head runs over chunks of rows, so that the device holds only one chunk of logits.
  ///
  /// - Throws: for an id outside the vocabulary and for a text longer than the model's positions;
  ///   allocation and driver errors.
  package func logits(
    of identifiers: [Int], after prefix: Prefix = Prefix(.nothing),
    precision: ActivationPrecision = .f32
  ) throws(TransformerError) -> [Float] {
    let size = configuration.vocabularySize
    let model = try prefill(
      prefix, capacity: PrefixCapacity(rows: identifiers.count), precision: precision)
    var result: [Float] = []
    result.reserveCapacity(identifiers.count * size)
    do {
      try model.run([(identifiers, identifiers.count)]) { _, states, rows throws(ComputeError) in
        let chunk = min(rows, max(1, (16 << 20) / size))
        var logits = try device.buffer(of: Float.self, count: chunk * size)
        for start in stride(from: 0, to: rows, by: chunk) {
          let count = min(chunk, rows - start)
          try self.logits(
            of: states, from: start, count: count, precision: precision, into: &logits)
          result += try device.download(logits, count: count * size)
        }
      }
    } catch {
      switch error {
      case .model(let error): throw error
      case .body(let error): throw .compute(error)
      }
    }
    return result
  }
}
