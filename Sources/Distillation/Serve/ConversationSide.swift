import HuggingFace
internal import Inference
internal import Transformer

/// A conversation after one prefix. Only what a message adds to it is read.
package final class ConversationSide {
  /// What stands before the conversation.
  package enum Reading: Sendable, Equatable {
    case adapter, context, nothing
  }

  /// Why an answer is over.
  package enum Ending: Sendable, Equatable {
    /// The model ended it.
    case complete
    /// It has as many tokens as one may have.
    case limit
    /// The window is full.
    case window
    /// The user stopped it.
    case stopped
  }

  package let reading: Reading
  /// The messages so far.
  package private(set) var messages: [ChatMessage] = []
  /// The tokens of the present answer, or of the last one, including its end token.
  package private(set) var answer: [Int] = []
  /// Nil while an answer goes on.
  package private(set) var ending: Ending?
  /// The most tokens of prefix and conversation.
  package let window: Int

  private let conditioning: Conditioning
  private let grown: GrowingText
  private let prefixRows: Int
  private let maximumTokens: Int
  private var streamed = StreamedText()
  /// The most tokens of the present answer, as the window allows.
  private var limit = 0

  /// A side without messages.
  init(
    _ reading: Reading, _ model: PrefixedDecoder, _ conditioning: Conditioning,
    maximumTokens: Int, temperature: Float, seed: UInt64
  ) throws(TransformerError) {
    self.reading = reading
    self.conditioning = conditioning
    self.maximumTokens = maximumTokens
    grown = try GrowingText(model, temperature: temperature, seed: seed)
    prefixRows = model.prefixRows
    window = model.prefixRows + model.capacity.rows
  }

  /// Tokens of prefix and conversation.
  package var usedTokens: Int { prefixRows + grown.tokens.count }

  /// Tokens of the conversation whose keys and values are in the cache.
  package var readTokens: Int { grown.readCount }

  /// The text of the answer, as far as further tokens do not change it.
  package var text: String { streamed.text }

  /// Tokens of the conversation, read or not.
  package var tokenCount: Int { grown.tokens.count }

  /// Begins the answer to a message.
  ///
  /// - Throws: `.windowFull` where neither the message nor a token of an answer has space; what the
  ///   template says of the conversation. The conversation is then as before.
  func ask(_ message: String) throws(DistillationError) {
    let asked = messages + [ChatMessage(role: "user", content: message)]
    let tokens = try conditioning.prompt(of: asked).identifiers
    guard prefixRows + tokens.count < window else {
      throw .windowFull(needed: prefixRows + tokens.count + 1, window: window)
    }
    try distilling { () throws(TransformerError) in try grown.begin(tokens) }
    messages = asked
    answer = []
    streamed = StreamedText()
    ending = nil
    limit = min(maximumTokens, grown.capacity - tokens.count)
  }

  /// Runs the model once: over a part of the message, or for the next token of the answer. Does
  /// nothing after the end.
  ///
  /// - Throws: ``DistillationError/transformer(_:)`` with driver errors; as
  ///   ``Conditioning/text(of:)``.
  package func advance() throws(DistillationError) {
    guard ending == nil else { return }
    let next = try distilling { () throws(TransformerError) in try grown.advance() }
    guard let next else { return }
    answer.append(next)
    if conditioning.stopIdentifiers.contains(next) {
      try end(.complete)
    } else if answer.count == limit {
      try end(limit == maximumTokens ? .limit : .window)
    } else {
      streamed.update(try conditioning.text(of: answer) ?? "")
    }
  }

  /// Ends the answer where it is. A message without any token of an answer is taken back.
  ///
  /// - Throws: as ``Conditioning/text(of:)``.
  package func stop() throws(DistillationError) {
    guard ending == nil else { return }
    try end(.stopped)
  }

  private func end(_ ending: Ending) throws(DistillationError) {
    self.ending = ending
    streamed.finish(try conditioning.text(of: answer) ?? "")
    if answer.isEmpty {
      messages.removeLast()
    } else {
      let content = try conditioning.callText(of: answer) ?? text
      messages.append(ChatMessage(role: "assistant", content: content))
    }
  }
}
