extension LearnedPrompt {
  /// A prompt of keys and values by row, [k, 2 L G D]: for each row the key of layer 0, its value,
  /// the key of layer 1, and so on, as PEFT stores a KV prefix.
  package var keyValueRows: [Float] {
    guard case .keysValues(let layers, let count, let heads, let dimension) = form else {
      preconditionFailure("a prompt of keys and values")
    }
    let width = heads * dimension
    var rows: [Float] = []
    rows.reserveCapacity(values.count)
    for row in 0..<count {
      for layer in 0..<layers {
        let key = (layer * count + row) * width
        let value = key + layers * count * width
        rows += values[key..<key + width]
        rows += values[value..<value + width]
      }
    }
    return rows
  }

  /// A prompt of keys and values whose elements are in the order of ``keyValueRows``.
  package init(form: PromptForm, keyValueRows rows: [Float]) {
    guard case .keysValues(let layers, let count, let heads, let dimension) = form else {
      preconditionFailure("a form of keys and values")
    }
    let width = heads * dimension
    var values: [Float] = []
    values.reserveCapacity(rows.count)
    for tensor in 0..<2 {
      for layer in 0..<layers {
        for row in 0..<count {
          let start = ((row * layers + layer) * 2 + tensor) * width
          values += rows[start..<start + width]
        }
      }
    }
    self.init(form: form, values: values)
  }

  /// The first `count` rows of the prompt.
  package func prefix(_ count: Int) -> LearnedPrompt { rows(0..<count) }

  /// Consecutive rows of the prompt.
  package func rows(_ rows: Range<Int>) -> LearnedPrompt {
    /// The elements of these rows in a tensor's layer that begins at `start`.
    func elements(_ start: Int, width: Int) -> Range<Int> {
      (start + rows.lowerBound * width)..<(start + rows.upperBound * width)
    }
    switch form {
    case .embeddings(_, let width):
      return LearnedPrompt(embeddings: Array(values[elements(0, width: width)]), width: width)
    case .keysValues(let layers, let count, let heads, let dimension):
      let width = heads * dimension
      let kept = (0..<2 * layers).flatMap { values[elements($0 * count * width, width: width)] }
      return LearnedPrompt(
        form: .keysValues(layers: layers, count: rows.count, heads: heads, dimension: dimension),
        values: kept)
    }
  }
}
