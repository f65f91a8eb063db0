/// The tensors that training updates, and their rows in the prefix: a closed set.
package enum PromptForm: Sendable, Equatable {
  /// `soft_prompt` [k, E]: rows of `inputs_embeds`. Forward and backward run through them.
  case embeddings(count: Int, width: Int)

  /// One tensor of a prompt, f32 whatever the model's weights are.
  package struct Tensor: Sendable, Equatable {
    package var name: String
    package var shape: [Int]
    /// Its elements among those of all tensors, which are stored end to end.
    package var range: Range<Int>
  }

  /// The name of the tensor of embeddings.
  package static let embeddingsName = "soft_prompt"

  /// The tensors in the order of their elements.
  package var tensors: [Tensor] {
    switch self {
    case .embeddings(let count, let width):
      [Tensor(name: Self.embeddingsName, shape: [count, width], range: 0..<(count * width))]
    }
  }

  /// Elements of all tensors.
  package var elementCount: Int { tensors.last?.range.upperBound ?? 0 }

  /// k: the pseudo-tokens, each a row of the prefix.
  package var tokenCount: Int {
    switch self {
    case .embeddings(let count, _): count
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
