package import Transformer

/// The tensors that training updates, and their rows in the prefix: a closed set.
package enum PromptForm: Sendable, Equatable {
  /// `soft_prompt` [k, E]: rows of `inputs_embeds`. Forward and backward run through them.
  case embeddings(count: Int, width: Int)
  /// `keys` and `values` [L, k, G, D] each, a cartridge (arXiv:2506.06266): rows of the KV cache,
  /// keys after query/key norm and RoPE, as transformers caches them. No row of the prompt is
  /// computed.
  case keysValues(layers: Int, count: Int, heads: Int, dimension: Int)

  /// One tensor of a prompt, f32 whatever the model's weights are.
  package struct Tensor: Sendable, Equatable {
    package var name: String
    package var shape: [Int]
    /// Its elements among those of all tensors, which are stored end to end.
    package var range: Range<Int>
  }

  /// The name of the tensor of embeddings.
  package static let embeddingsName = "soft_prompt"
  /// The names of the tensors of keys and values.
  package static let keysName = "keys"
  package static let valuesName = "values"

  /// The tensors in the order of their elements.
  package var tensors: [Tensor] {
    switch self {
    case .embeddings(let count, let width):
      return [Tensor(name: Self.embeddingsName, shape: [count, width], range: 0..<(count * width))]
    case .keysValues(let layers, let count, let heads, let dimension):
      let shape = [layers, count, heads, dimension]
      let size = shape.reduce(1, *)
      return [
        Tensor(name: Self.keysName, shape: shape, range: 0..<size),
        Tensor(name: Self.valuesName, shape: shape, range: size..<(2 * size)),
      ]
    }
  }

  /// Elements of all tensors.
  package var elementCount: Int { tensors.last?.range.upperBound ?? 0 }

  /// Whether its rows are keys and values.
  package var isKeysValues: Bool { if case .keysValues = self { true } else { false } }

  /// k: the pseudo-tokens, each a row of the prefix.
  package var tokenCount: Int {
    switch self {
    case .embeddings(let count, _), .keysValues(_, let count, _, _): count
    }
  }
}

/// A learned prompt on the host, as checkpoints and adapters store it.
package struct LearnedPrompt: Sendable, Equatable {
  package let form: PromptForm
  /// The elements of all tensors, end to end.
  package var values: [Float]

  /// A prompt; `values` has as many elements as `form`.
  package init(form: PromptForm, values: [Float]) {
    precondition(values.count == form.elementCount, "as many values as the form has elements")
    self.form = form
    self.values = values
  }

  /// The elements of one of its tensors.
  package subscript(tensor: PromptForm.Tensor) -> [Float] { Array(values[tensor.range]) }

  /// A prompt of embeddings: `values` are whole rows of `width` elements.
  package init(embeddings values: [Float], width: Int) {
    precondition(width > 0 && values.count % width == 0, "whole rows")
    self.init(form: .embeddings(count: values.count / width, width: width), values: values)
  }
}

extension LearnedPrompt {
  /// The keys of one layer of a prompt of keys and values: [k, G, D].
  package func keys(ofLayer layer: Int) -> ArraySlice<Float> { rows(ofLayer: layer, tensor: 0) }

  /// The values of one layer of a prompt of keys and values: [k, G, D].
  package func values(ofLayer layer: Int) -> ArraySlice<Float> { rows(ofLayer: layer, tensor: 1) }

  private func rows(ofLayer layer: Int, tensor: Int) -> ArraySlice<Float> {
    guard case .keysValues(_, let count, let heads, let dimension) = form else {
      preconditionFailure("a prompt of keys and values")
    }
    let size = count * heads * dimension
    let start = form.tensors[tensor].range.lowerBound + layer * size
    return values[start..<(start + size)]
  }
}

extension DecoderConfiguration {
  /// The form of a prompt of `count` rows of this model's KV cache.
  package func keysValues(count: Int) -> PromptForm {
    .keysValues(
      layers: layerCount, count: count, heads: heads.keyValueHeads,
      dimension: heads.headDimension)
  }
}
