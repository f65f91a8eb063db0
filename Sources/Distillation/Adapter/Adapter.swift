import HuggingFace
package import Inference
package import Transformer

/// The result of a run: the learned prompt with its frame, and its origin.
///
/// PEFT puts virtual tokens before every token of the input, so its form of the adapter is [header
/// | prompt | closing]; Pith's own form is the prompt alone.
package struct Adapter: Sendable, Equatable {
  package var prompt: LearnedPrompt
  /// The frozen tokens around it, such as BOS, or the beginning and end of a system message.
  package var frame: Frame
  /// PEFT's virtual tokens, [header | prompt | closing], in the prompt's form.
  package var virtualTokens: LearnedPrompt
  /// Its origin.
  package var origin: Origin

  /// The origin of an adapter.
  package struct Origin: Sendable, Equatable {
    /// The model's name for other tools.
    package var model: ModelName
    /// The folders of the LoRA adapters that were added to its weights.
    package var lora: [String]
    /// The chat template that the soft prompt was trained in, or `raw`.
    package var template: TemplateChoice
    /// The source of that template; nil for `raw`.
    package var templateSource: String?
    /// Whether the soft prompt is part of a chat template.
    package var isChat: Bool
    /// The position of the soft prompt in the chat template.
    package var contextPosition: ContextPosition
    /// The tokenizer of its prompts; nil where they are token ids.
    package var tokenizer: AdapterTokenizer?
    /// L of the model, which PEFT records.
    package var layerCount: Int
    /// H of the model.
    package var queryHeads: Int
    /// The scaling of the input rows that the vectors share.
    package var embeddingSpace: EmbeddingSpace
    /// The text that replaces the context when a prompt is tokenized; nil where none is needed.
    package var substitute: ContextSubstitute?
    /// How the training's texts became tokens.
    package var reading: InputReading
    /// Tokens after which an answer ends.
    package var stopIdentifiers: Set<Int>
    /// Number of context tokens that it replaces.
    package var contextTokens: Int
    /// Fingerprints of the inputs of its training.
    package var fingerprints: RunFingerprints
    /// The prompts that stood before it in its training.
    package var neighbors: [NeighborRecord]
    /// The tools for which it stands beside the context; nil for none.
    package var tools: ToolRecord?

    /// An origin.
    package init(
      model: ModelName, lora: [String] = [], template: TemplateChoice,
      templateSource: String? = nil, isChat: Bool,
      contextPosition: ContextPosition = .systemMessage, tokenizer: AdapterTokenizer?,
      layerCount: Int, queryHeads: Int,
      embeddingSpace: EmbeddingSpace = EmbeddingSpace(), substitute: ContextSubstitute? = nil,
      reading: InputReading = .present, stopIdentifiers: Set<Int> = [], contextTokens: Int,
      fingerprints: RunFingerprints, neighbors: [NeighborRecord] = [], tools: ToolRecord? = nil
    ) {
      self.model = model
      self.lora = lora
      self.template = template
      self.templateSource = templateSource
      self.isChat = isChat
      self.contextPosition = contextPosition
      self.tokenizer = tokenizer
      self.layerCount = layerCount
      self.queryHeads = queryHeads
      self.embeddingSpace = embeddingSpace
      self.substitute = substitute
      self.reading = reading
      self.stopIdentifiers = stopIdentifiers
      self.contextTokens = contextTokens
      self.fingerprints = fingerprints
      self.neighbors = neighbors
      self.tools = tools
    }
  }

  /// An adapter; the virtual tokens are the rows of the frame with the prompt's between them.
  package init(
    prompt: LearnedPrompt, frame: Frame, virtualTokens: LearnedPrompt, origin: Origin
  ) {
    self.prompt = prompt
    self.frame = frame
    self.virtualTokens = virtualTokens
    self.origin = origin
  }
}
