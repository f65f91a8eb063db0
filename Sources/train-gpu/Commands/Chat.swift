import ArgumentParser
import Distillation
import Foundation
import HuggingFace

/// `train-gpu chat`: a conversation with a compressed prompt, with its context, or with both.
struct Chat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Talk to a model after an adapter, after a context, after both side by side, or alone.",
    discussion: """
      In a terminal, Enter sends a message, Ctrl-J or a pasted text adds lines to it, Ctrl-C ends an answer \
      and Ctrl-D the chat. Where standard input is a pipe, each of its lines is a message.

      With an adapter and a context, both answer every message: side by side in a terminal of \
      \(TwoColumns.leastWidth) columns or more, else one after the other. Each side goes on from its own \
      answers. The lines below say how many tokens each answer has, and where they part.

      Keys and values of the conversation stay in memory, so that each turn reads the new tokens alone. The \
      line below an answer says how full the window is; a message that does not fit is refused.
      """)

  @OptionGroup var model: ModelOptions

  @OptionGroup var preceding: PrecedingOptions

  @Option(
    help: ArgumentHelp(
      "Append each turn to this file, as a line that --inputs of the other commands reads: the messages so "
        + "far and the answer, of two answers the context's. Answers that were cut are left out.",
      valueName: "file.jsonl"), completion: .jsonLines)
  var log: String?

  @Option(help: ArgumentHelp("The most tokens of an answer.", valueName: "n"))
  var maxTokens = 1024

  @Option(
    help: ArgumentHelp(
      "The most tokens of prompt and conversation. (default: what the model reads, or what a quarter of the "
        + "available memory holds)", valueName: "n"))
  var window: Int?

  @OptionGroup var sampling: SamplingOptions

  @Option(
    help: ArgumentHelp(
      "Chat template: auto (the adapter's, or the model's own), chatml, llama3 or the file of a "
        + "template.", valueName: "name"), completion: TemplateOption.chatCompletion)
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @OptionGroup var lora: LoRAOptions
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if maxTokens < 1 {
      throw ValidationError("--max-tokens: expected 1 or more, found \(maxTokens)")
    }
    if let window, window < 1 {
      throw ValidationError("--window: expected 1 or more, found \(window)")
    }
  }

  /// The file or pipe of `--log`, which is checked before the model is loaded.
  private func openedLog() throws -> ConversationLog? {
    guard let log else { return nil }
    do {
      return try ConversationLog(appendingTo: URL(path: log, option: "log"))
    } catch DistillationError.file(let error) {
      throw UsageError(description: "--log: \(error)")
    }
  }

  func run() throws {
    let logger = common.logger
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let log = try openedLog()
    let request = ConversationRequest(
      folder: try lora.added(to: model.folder(logger)),
      preceding: try preceding.files(),
      template: TemplateChoice(template, variables: templateVariables.variables),
      precision: weights.precision, window: window, maximumTokens: maxTokens,
      temperature: sampling.temperature, seed: sampling.seed)
    let conversation = try request.open(on: common.openDevice(), handle: progress.show)
    progress.finish()
    for notice in conversation.notices { logger.show(notice) }
    logger.show(
      foreign: conversation.foreignAdapters, of: preceding.adapters.adapter, than: model.model)
    var session = ChatSession(conversation, log: log, logger: logger, isQuiet: common.quiet)
    try session.run()
  }
}
