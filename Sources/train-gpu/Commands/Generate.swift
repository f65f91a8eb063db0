import ArgumentParser
import Distillation
import Foundation
import HuggingFace
import JSON
import Transformer

/// `train-gpu generate`: an answer of the model, with an adapter, a context, or neither.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer a prompt after an adapter, after a context, or alone.",
    discussion: """
      Without an adapter and a context the chat template writes its own default system message, where \
      it has one.

      \(ComparisonTable.noContext) The answer of the model alone differs from it.
      """)

  @OptionGroup var model: ModelOptions

  @OptionGroup var preceding: PrecedingOptions

  @Option(help: ArgumentHelp("The prompt.", valueName: "text"))
  var prompt: String

  @Option(help: ArgumentHelp("The most tokens of the answer.", valueName: "n"))
  var maxTokens = 128

  @OptionGroup var sampling: SamplingOptions

  @Option(
    help: ArgumentHelp(
      "Chat template: auto (the adapter's, or the model's own, or none), raw, chatml, llama3 or the "
        + "file of a template.", valueName: "name"), completion: TemplateOption.completion)
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @OptionGroup var form: JSONOption
  @OptionGroup var lora: LoRAOptions
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try preceding.checkOneKind()
    if maxTokens < 1 {
      throw ValidationError("--max-tokens: expected 1 or more, found \(maxTokens)")
    }
  }

  func run() throws {
    let logger = common.logger
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let adapters = preceding.adapters.adapter
    let preceding = try preceding.files()
    let folder = try lora.added(to: model.folder(logger))
    let device = try common.openDevice()
    let request = Answer.Request(
      folder: folder, preceding: preceding,
      template: TemplateChoice(template, variables: templateVariables.variables), prompt: prompt,
      precision: weights.precision, maximumTokens: maxTokens,
      temperature: sampling.temperature, seed: sampling.seed)
    let answer = try request.perform(on: device, handle: progress.show)
    progress.finish()
    for notice in answer.notices { logger.show(notice) }
    for line in answer.rounding.lines { logger.info("\(line)") }
    logger.show(foreign: answer.foreignAdapters, of: adapters, than: model.model)
    try form.write(answer.text) { object(answer) }
  }

  private func object(_ answer: Answer) -> JSONObject {
    var object: JSONObject = [
      "text": .string(answer.text),
      "completion_ids": .array(answer.identifiers.map(JSON.integer)),
      "is_cut": .bool(!answer.isComplete), "prompt_tokens": .integer(answer.promptTokens),
      "tokens_before_prompt": .integer(answer.prefixTokens),
    ]
    if !answer.toolCalls.isEmpty {
      object["tool_calls"] = .array(
        answer.toolCalls.map { .object(["name": .string($0.name), "arguments": $0.arguments]) })
    }
    return object
  }
}
