import Foundation
package import Transformer

/// The positions of keys, and which frequencies of LongRoPE rotate them.
package struct KeyPositions: Sendable, Equatable {
  /// A position for each row of a prompt.
  package var positions: [Int]
  /// Whether they are rotated as in long texts; false where a model has one set of frequencies.
  package var isLong: Bool

  package init(_ positions: [Int], isLong: Bool = false) {
    self.positions = positions
    self.isLong = isLong
  }
}

extension LearnedPrompt {
  /// The keys rotated from the positions where they were computed to others, and the same values.
  ///
  /// RoPE multiplies a pair of a key's elements by R(angle) at its position, and YaRN and LongRoPE
  /// by a constant besides; R(new - old) leaves that constant. Layers without RoPE keep their keys.
  ///
  /// - Parameters:
  ///   - old: the positions of the rows.
  ///   - new: their positions in the result.
  ///   - configuration: of the model.
  package func rotated(
    from old: KeyPositions, to new: KeyPositions, in configuration: DecoderConfiguration
  ) -> LearnedPrompt {
    guard case .keysValues(let layers, let count, let heads, let dimension) = form else {
      preconditionFailure("a prompt of keys and values")
    }
    precondition(old.positions.count == count && new.positions.count == count)
    var result = self
    guard old != new else { return result }
    for layer in 0..<layers {
      guard let rotation = configuration.rotation(ofLayer: layer) else { continue }
      let before = rotation.inverseFrequencies(isLong: old.isLong)
      let after = rotation.inverseFrequencies(isLong: new.isLong)
      // The elements of a pair.
      let (step, distance) =
        configuration.hasInterleavedRotation ? (2, 1) : (1, before.count)
      for row in 0..<count {
        for pair in before.indices {
          let angle =
            Double(new.positions[row]) * Double(after[pair])
            - Double(old.positions[row]) * Double(before[pair])
          let (cosine, sine) = (cos(angle), sin(angle))
          for head in 0..<heads {
            let first = ((layer * count + row) * heads + head) * dimension + step * pair
            let second = first + distance
            let (x, y) = (Double(values[first]), Double(values[second]))
            result.values[first] = Float(x * cosine - y * sine)
            result.values[second] = Float(y * cosine + x * sine)
          }
        }
      }
    }
    return result
  }

  /// This prompt with its first row at another position. A prompt of embeddings is the same
  /// everywhere.
  ///
  /// - Parameters:
  ///   - first: the present position of its first row.
  ///   - target: the new one.
  ///   - configuration: of the model.
  ///   - isLong: whether its texts are long ones (LongRoPE).
  package func moved(
    from first: Int, to target: Int, in configuration: DecoderConfiguration, isLong: Bool = false
  ) -> LearnedPrompt {
    guard form.isKeysValues else { return self }
    func positions(_ start: Int) -> KeyPositions {
      KeyPositions(Array(start..<(start + form.tokenCount)), isLong: isLong)
    }
    return rotated(from: positions(first), to: positions(target), in: configuration)
  }

  /// The rows of several prompts of keys and values, one after the other; at least one prompt.
  package init(joining parts: [LearnedPrompt]) {
    guard case .keysValues(let layers, _, let heads, let dimension) = parts[0].form else {
      preconditionFailure("prompts of keys and values")
    }
    let count = parts.reduce(0) { $0 + $1.form.tokenCount }
    let form = PromptForm.keysValues(
      layers: layers, count: count, heads: heads, dimension: dimension)
    var values: [Float] = []
    values.reserveCapacity(form.elementCount)
    for block in 0..<(2 * layers) {
      for part in parts {
        let size = part.form.tokenCount * heads * dimension
        values += part.values[(block * size)..<((block + 1) * size)]
      }
    }
    self.init(form: form, values: values)
  }
}
