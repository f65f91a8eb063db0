import ArgumentParser
import Distillation
import Foundation
import HuggingFace
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

  @Option(
    help: ArgumentHelp(
      "A run's output folder or the safetensors file of its prompt, or PEFT's folder of kind PROMPT_TUNING, "
        + "CARTRIDGE or PREFIX_TUNING. Several runs' stand together, each behind the option.",
      valueName: "dir|file"), completion: .file())
  var adapter: [String] = []

  @Option(
    help: ArgumentHelp(
      "A context: a text file, or .json with {\"ids\": [...]}.", valueName: "file"),
    completion: .file())
  var context: String?

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

  @OptionGroup var lora: LoRAOptions
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !adapter.isEmpty && context != nil {
      throw ValidationError("give one of --adapter and --context")
    }
    if maxTokens < 1 {
      throw ValidationError("--max-tokens: expected 1 or more, found \(maxTokens)")
    }
  }

  func run() throws {
    let logger = common.logger
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let adapterFolders = try adapter.urls(option: "adapter")
    let contextFile = try context.map { try URL(path: $0, option: "context") }
    let folder = try lora.added(to: model.folder(logger))
    let device = try common.openDevice()
    let request = Answer.Request(
      folder: folder, adapters: adapterFolders, context: contextFile,
      template: TemplateChoice(template, variables: templateVariables.variables), prompt: prompt,
      precision: weights.precision, maximumTokens: maxTokens,
      temperature: sampling.temperature, seed: sampling.seed)
    let answer = try request.perform(on: device, handle: progress.show)
    progress.finish()
    for notice in answer.notices { logger.show(notice) }
    for line in answer.rounding.lines { logger.info("\(line)") }
    for index in answer.foreignAdapters {
      let name = adapter.count > 1 ? "\(adapter[index]): " : ""
      logger.warning("\(name)the adapter was made for another model than \(model.model)")
    }
    try StandardOutput.line(answer.text)
  }
}
