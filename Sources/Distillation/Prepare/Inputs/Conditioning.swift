import Foundation
import HuggingFace
package import Inference
import Tokenizers

/// The tokens before every prompt, and the tokenization of prompts and responses:
///
///     header | context or soft prompt | closing | prompt | response
///
/// Where the context is given as token ids, header and closing are empty and nothing is tokenized.
package struct Conditioning: Sendable {
  /// The frozen tokens around the context.
  package private(set) var frame: Frame
  /// The tokens before the context: the header, or its beginning where the template writes tools
  /// before its end.
  private var contextHeader: [Int]
  /// The context with the tools beside it; empty where there is none.
  package private(set) var context: [Int]
  /// The tokens between the context and the prompt: the closing, or its rest after a token that
  /// spans both.
  package private(set) var contextClosing: [Int]
  /// Whether a token of the template's whole text spans an end of the context.
  package let isContextCut: Bool
  /// How files are read.
  let reading: InputReading
  /// The template with its clock set, which gives the same placement again: `auto` means the
  /// model's own template.
  package let template: TemplateChoice
  /// Whether the context is part of a chat template.
  package let isChat: Bool
  /// Tokens after which an answer ends.
  package let stopIdentifiers: Set<Int>
  /// Ids below ``ordinaryCount`` of special tokens.
  package let specialIdentifiers: Set<Int>
  /// The number of ids with a token: models round their vocabularies up.
  package let ordinaryCount: Int
  /// Whether line ends of the context were converted when it was read.
  package let hasForeignLineEnds: Bool
  /// The text of the end token that is added to completions of a raw model; nil where none is
  /// added.
  package let endTokenText: String?
  /// Reads the examples.
  package private(set) var reader: PromptReader
  /// Nil where everything is given as token ids.
  private(set) var placement: Placement?
  private let folder: ModelFolder

  /// Tokenizes the context, where there is one, and finds its position in the template.
  ///
  /// - Parameters:
  ///   - context: the context; nil for none.
  ///   - tools: the tools beside it, which the template writes; nil for none.
  ///   - folder: the folder of the model.
  ///   - template: the template around the context.
  ///   - vocabularySize: V of the model.
  ///   - isAlone: whether the prompt has neither context nor adapter: then the template's own
  ///     system message is used where it has one.
  ///   - reading: how files are read.
  ///   - needsContext: whether examples must have a context, the run's or their own.
  /// - Throws: when the folder lacks a file, the template is unknown or has no position for a
  ///   context, or a token id is outside the vocabulary.
  package init(
    _ context: ContextText?, tools: ToolDefinitions? = nil, folder: ModelFolder,
    template: TemplateChoice, vocabularySize: Int,
    isAlone: Bool = false, reading: InputReading = .present, needsContext: Bool = true
  ) throws(DistillationError) {
    self.folder = folder
    self.reading = reading
    let template = template.resolved()
    let generation = try opening { () throws(ModelFolderError) in
      try folder.generationConfiguration()
    }
    if case .identifiers(let identifiers, let file)? = context {
      guard ["auto", "raw"].contains(template.name) else {
        throw .option(
          .template,
          expected: "auto or raw with a context of token ids, which are taken as they are",
          found: template.name)
      }
      guard template.variables.isEmpty else { throw .placement(.variablesWithoutTemplate) }
      guard tools == nil else { throw .placement(.toolsWithoutTemplate) }
      try Self.check(identifiers, file: file, vocabularySize: vocabularySize)
      frame = Frame()
      (contextHeader, contextClosing) = ([], [])
      isContextCut = false
      self.context = identifiers
      self.template = TemplateChoice("raw")
      isChat = false
      stopIdentifiers = Set(generation.endIdentifiers)
      specialIdentifiers = []
      ordinaryCount = vocabularySize
      hasForeignLineEnds = false
      endTokenText = nil
      placement = nil
      reader = PromptReader(identifiersBelow: vocabularySize, contextFile: file)
      return
    }
    let tokenizer = try Self.tokenizer(of: folder)
    let placement: Placement
    do {
      placement = try folder.placement(
        template: template, tokenizer: tokenizer,
        hasContext: tools == nil ? !isAlone : context != nil, tools: tools, reading: reading.pieces)
    } catch { throw .placement(error) }
    var file = "a run without a context of ids"
    var placed = PlacedContext(
      header: placement.frame.header, identifiers: [], closing: placement.frame.closing,
      isCut: false)
    var contextText: String?
    var hasForeignLineEnds = false
    if case .text(let text, let name)? = context {
      contextText = text
      file = name
      let read = reading == .earlier ? text : TextFile.withLineFeeds(text)
      hasForeignLineEnds = read != text
      do {
        placed = try placement.contextTokens(of: read)
      } catch { throw .placement(error) }
      if placed.identifiers.isEmpty {
        throw .content(
          file: name, expected: "a context", found: "one that the tokenizer leaves nothing of")
      }
    } else if tools != nil {
      do { placed = try placement.contextTokens(of: nil) } catch { throw .placement(error) }
    }
    frame = placement.frame
    contextHeader = placed.header
    self.context = placed.identifiers
    contextClosing = placed.closing
    isContextCut = placed.isCut
    var kept = placement.isChat ? template : TemplateChoice("raw")
    // A clock that the template does not read must not make two runs differ.
    if !placement.readsClock { kept.clock = nil }
    self.template = kept
    isChat = placement.isChat
    stopIdentifiers = Set(
      generation.endIdentifiers + (placement.endOfResponse.map { [$0] } ?? []))
    let end =
      placement.isChat || reading == .earlier
      ? nil
      : try Self.endIdentifier(
        generation, folder, tokenizer, vocabularySize: vocabularySize)
    self.hasForeignLineEnds = hasForeignLineEnds
    endTokenText = end.flatMap(tokenizer.token)
    specialIdentifiers = tokenizer.specialIdentifiers
    ordinaryCount = min(vocabularySize, tokenizer.vocabularySize)
    self.placement = placement
    let ending = end.map { [stopIdentifiers] end in
      PromptReader.Ending(identifier: end, others: stopIdentifiers)
    }
    reader = PromptReader(
      tokenizer, placement: placement, vocabularySize: vocabularySize, contextFile: file,
      contextText: contextText, hasContext: context != nil || tools != nil || !needsContext,
      ending: ending)
    for identifiers in [frame.header, contextHeader, self.context, frame.closing] {
      try Self.check(
        identifiers, file: folder.tokenizerPath,
        vocabularySize: vocabularySize)
    }
  }

  /// The token ids of a typed prompt; after a context of token ids those of the text alone.
  ///
  /// - Throws: ``DistillationError/placement(_:)`` where the chat template refuses it;
  ///   ``DistillationError/folder(_:)`` where the tokenizer cannot be read or refuses it.
  package func prompt(_ text: String) throws(DistillationError) -> PlacedPrompt {
    guard let placement else {
      let tokenizer = try Self.tokenizer(of: folder)
      do {
        return PlacedPrompt(
          identifiers: try tokenizer.encode(text, addingSpecialTokens: false), isCut: false)
      } catch { throw .folder(.tokenizer("\(error)")) }
    }
    do {
      return try placement.promptTokens(of: text)
    } catch { throw .placement(error) }
  }

  /// The tokens of a conversation up to the assistant's answer.
  ///
  /// - Parameter messages: without a system message, which the context replaces.
  /// - Throws: where there is no chat template, or it refuses the conversation.
  func prompt(of messages: [ChatMessage]) throws(DistillationError) -> PlacedPrompt {
    guard let placement else { throw .placement(.noTemplate) }
    do {
      return try placement.promptTokens(of: messages)
    } catch { throw .placement(error) }
  }

  /// The text that replaces the context when the following text is tokenized; nil where none is
  /// needed.
  var substitute: ContextSubstitute? { placement?.substitute }

  /// This conditioning with the closing of an adapter's training; nil where the tokens after the
  /// context do not begin with it.
  func with(closing: [Int]) throws(DistillationError) -> Conditioning? {
    guard closing != frame.closing else { return self }
    let moved: Placement?
    do { moved = try placement?.with(closing: closing) } catch { throw .placement(error) }
    guard let moved else { return nil }
    var conditioning = self
    if !context.isEmpty {
      // One of the two closings is the beginning of the other.
      let rest = context + contextClosing
      let whole =
        Array(rest.dropLast(max(0, frame.closing.count - closing.count)))
        + closing.dropFirst(frame.closing.count)
      let placed = PlacedContext(whole, after: contextHeader, endingWith: closing)
      (conditioning.context, conditioning.contextClosing) = (placed.identifiers, placed.closing)
    } else {
      conditioning.contextClosing = closing
    }
    conditioning.frame.closing = closing
    conditioning.placement = moved
    conditioning.reader = reader.with(moved)
    return conditioning
  }

  /// The source of the chat template; nil where there is none.
  var templateSource: String? { placement?.templateSource }

  /// The position of the context in the chat template; nil where there is no template.
  package var contextPosition: ContextPosition? { placement?.contextPosition }

  /// Tokens that a built-in template writes and the tokenizer lacks.
  package var missingTokens: [String] { placement?.missingTokens ?? [] }

  /// Whether header and closing were found for a text; with token ids there are none.
  package var isPlaced: Bool { placement != nil }

  /// The teacher's prefix of every prompt.
  package var teacherPrefix: Prefix {
    Prefix(
      Frame(header: contextHeader, closing: contextClosing),
      context.isEmpty ? .nothing : .context(context))
  }

  private static func check(
    _ identifiers: [Int], file: String, vocabularySize: Int
  ) throws(DistillationError) {
    if let index = identifiers.firstIndex(where: { !(0..<vocabularySize).contains($0) }) {
      throw .content(
        file: file, expected: "ids from 0 to \(vocabularySize - 1), the model's vocabulary",
        found: "\(identifiers[index])")
    }
  }
}
