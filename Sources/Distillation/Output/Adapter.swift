import HuggingFace
package import Transformer

/// What goes out of a run: the soft prompt with the frozen rows around it, and where it came from.
///
/// PEFT puts its virtual tokens before every token of the input, so its form of the adapter is
/// [header | soft prompt | closing]; Pith's own form is the soft prompt alone.
package struct Adapter: Sendable, Equatable {
  /// What was learned.
  package var softPrompt: SoftPrompt
  /// [header rows, E]: embeddings of what stands before the soft prompt, such as BOS or the opening
  /// of a chat template.
  package var header: [Float]
  /// [closing rows, E]: embeddings of what stands between the soft prompt and the user's prompt.
  package var closing: [Float]
  /// Where it came from.
  package var origin: Origin

  /// Where an adapter came from.
  package struct Origin: Sendable, Equatable {
    /// The model as other tools are told of it.
    package var model: ModelName
    /// The chat template that the soft prompt was trained in, or `raw`.
    package var template: TemplateChoice
    /// The source of that template; nil for `raw`.
    package var templateSource: String?
    /// Whether the soft prompt stands in a chat template.
    package var isChat: Bool
    /// Where the chat template takes the soft prompt.
    package var contextPlace: ContextPlace
    /// The tokenizer of its prompts; nil where they are identifiers.
    package var tokenizer: AdapterTokenizer?
    /// L of the model, which PEFT records.
    package var layerCount: Int
    /// H of the model.
    package var queryHeads: Int
    /// Where the vectors stand among the model's scales.
    package var embeddingSpace: EmbeddingSpace
    /// The identifiers whose embeddings are `header`.
    package var headerIdentifiers: [Int]
    /// The identifiers whose embeddings are `closing`.
    package var closingIdentifiers: [Int]
    /// Tokens after which an answer ends.
    package var stopIdentifiers: Set<Int>
    /// Tokens of the context that it replaces.
    package var contextTokens: Int
    /// What it was made from.
    package var fingerprints: RunFingerprints

    /// An origin.
    package init(
      model: ModelName, template: TemplateChoice, templateSource: String? = nil, isChat: Bool,
      contextPlace: ContextPlace = .systemMessage, tokenizer: AdapterTokenizer?,
      layerCount: Int, queryHeads: Int,
      embeddingSpace: EmbeddingSpace = EmbeddingSpace(), headerIdentifiers: [Int],
      closingIdentifiers: [Int], stopIdentifiers: Set<Int> = [], contextTokens: Int,
      fingerprints: RunFingerprints
    ) {
      self.model = model
      self.template = template
      self.templateSource = templateSource
      self.isChat = isChat
      self.contextPlace = contextPlace
      self.tokenizer = tokenizer
      self.layerCount = layerCount
      self.queryHeads = queryHeads
      self.embeddingSpace = embeddingSpace
      self.headerIdentifiers = headerIdentifiers
      self.closingIdentifiers = closingIdentifiers
      self.stopIdentifiers = stopIdentifiers
      self.contextTokens = contextTokens
      self.fingerprints = fingerprints
    }
  }

  /// An adapter; `header` and `closing` are whole rows of the soft prompt's width.
  package init(softPrompt: SoftPrompt, header: [Float], closing: [Float], origin: Origin) {
    self.softPrompt = softPrompt
    self.header = header
    self.closing = closing
    self.origin = origin
  }

  /// [header | soft prompt | closing]: [n, E].
  package var virtualTokens: SoftPrompt {
    SoftPrompt(values: header + softPrompt.values + closing, width: softPrompt.width)
  }
}
