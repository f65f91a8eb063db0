import Foundation
import HuggingFace
import Tokenizers

/// What the model reads before every prompt, and how prompts and responses become identifiers:
///
///     header | context or soft prompt | closing | prompt | response
///
/// Where the context is given as identifiers, header and closing are empty and nothing is tokenized.
package struct Conditioning: Sendable {
  /// The frozen tokens before the context.
  package let header: [Int]
  /// The context; empty where there is none.
  package let context: [Int]
  /// The frozen tokens between the context and the prompt.
  package let closing: [Int]
  /// What gives the same placement again, its clock set: `auto` stands for the model's own template.
  package let template: TemplateChoice
  /// Whether the context stands in a chat template.
  package let isChat: Bool
  /// Tokens after which an answer ends.
  package let stopIdentifiers: Set<Int>
  /// Identifiers below ``ordinaryCount`` that are no ordinary tokens.
  package let specialIdentifiers: Set<Int>
  /// Identifiers from here on stand for no token: models round their vocabularies up.
  package let ordinaryCount: Int
  /// Reads the examples.
  package let reader: PromptReader
  /// Nil where everything is given as identifiers.
  private let placement: Placement?
  private let folder: ModelFolder

  /// Tokenizes the context, where there is one, and finds its place in the template.
  ///
  /// - Parameters:
  ///   - template: the template that the context stands in.
  ///   - vocabularySize: V of the model.
  /// - Throws: when the folder lacks what is needed, the template is unknown or has no place for a
  ///   context, or an identifier is outside the vocabulary.
  package init(
    _ context: ContextText?, folder: ModelFolder, template: TemplateChoice, vocabularySize: Int
  ) throws(DistillationError) {
    self.folder = folder
    let template = template.settled()
    let generation = try opening { () throws(ModelFolderError) in
      try folder.generationConfiguration()
    }
    if case .identifiers(let identifiers, let file)? = context {
      guard template.variables.isEmpty else { throw .placement(.variablesWithoutTemplate) }
      try Self.check(identifiers, file: file, vocabularySize: vocabularySize)
      header = []
      closing = []
      self.context = identifiers
      self.template = TemplateChoice("raw")
      isChat = false
      stopIdentifiers = Set(generation.endIdentifiers)
      specialIdentifiers = []
      ordinaryCount = vocabularySize
      placement = nil
      reader = PromptReader(identifiersBelow: vocabularySize, contextFile: file)
      return
    }
    let tokenizer = try Self.tokenizer(of: folder)
    let placement: Placement
    do {
      placement = try folder.placement(template: template, tokenizer: tokenizer)
    } catch { throw .placement(error) }
    var file = "the command"
    var tokens: [Int] = []
    if case .text(let text, let name)? = context {
      file = name
      do {
        tokens = try placement.contextIdentifiers(of: text)
      } catch { throw .placement(error) }
      if tokens.isEmpty {
        throw .content(
          file: name, expected: "a context", found: "one that the tokenizer leaves nothing of")
      }
    }
    header = placement.header
    closing = placement.closing
    self.context = tokens
    self.template = placement.isChat ? template : TemplateChoice("raw")
    isChat = placement.isChat
    stopIdentifiers = Set(
      generation.endIdentifiers + (placement.endOfResponse.map { [$0] } ?? []))
    specialIdentifiers = tokenizer.specialIdentifiers
    ordinaryCount = min(vocabularySize, tokenizer.vocabularySize)
    self.placement = placement
    reader = PromptReader(
      tokenizer, placement: placement, vocabularySize: vocabularySize, contextFile: file)
    for identifiers in [header, tokens, closing] {
      try Self.check(
        identifiers, file: folder.url.appending(path: "tokenizer.json").path,
        vocabularySize: vocabularySize)
    }
  }

  /// The identifiers of a prompt that is typed, not read from a file; behind a context of
  /// identifiers those of the text alone.
  package func prompt(_ text: String) throws(DistillationError) -> [Int] {
    guard let placement else {
      return try Self.tokenizer(of: folder).encode(text, addingSpecialTokens: false)
    }
    do {
      return try placement.promptIdentifiers(of: text)
    } catch { throw .placement(error) }
  }

  /// The source of the chat template; nil where there is none.
  var templateSource: String? { placement?.templateSource }

  /// Header and closing.
  var surroundings: AdapterRecord.Surroundings {
    AdapterRecord.Surroundings(header: header, closing: closing)
  }

  /// The text of an answer; nil behind a context of identifiers.
  package func text(of identifiers: [Int]) -> String? { placement?.text(of: identifiers) }

  /// Whether header and closing were found for a text; behind identifiers there are none.
  package var isPlaced: Bool { placement != nil }

  /// Tokens of everything before a prompt with the whole context.
  package var contextPrefixCount: Int { header.count + context.count + closing.count }

  /// The tokenizer of a model that has to read text.
  package static func tokenizer(of folder: ModelFolder) throws(DistillationError) -> Tokenizer {
    try opening { () throws(ModelFolderError) in try folder.requiredTokenizer() }
  }

  private static func check(
    _ identifiers: [Int], file: String, vocabularySize: Int
  ) throws(DistillationError) {
    if let place = identifiers.firstIndex(where: { !(0..<vocabularySize).contains($0) }) {
      throw .content(
        file: file, expected: "ids from 0 to \(vocabularySize - 1), the model's vocabulary",
        found: "\(identifiers[place])")
    }
  }
}
