import ArgumentParser
import Distillation
import Foundation
import HuggingFace
import JSON

/// `train-gpu evaluate`: the quality of an adapter as a replacement of its context.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare an adapter with the full context and with none, on given prompts.",
    discussion: """
      Three readings of the same prompts are compared: the full context, the adapter in its place, and \
      no context.

      \(ComparisonTable.noContext)
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help: ArgumentHelp(
      "A run's output folder, or a PEFT adapter of kind PROMPT_TUNING.", valueName: "dir"))
  var adapter: String

  @Option(
    help: ArgumentHelp(
      "The long context: a text file, or .json with {\"ids\": [...]}.", valueName: "file"))
  var context: String

  @Option(help: ArgumentHelp("Prompts, as distill takes them.", valueName: "file.jsonl"))
  var inputs: String

  @Option(
    help: ArgumentHelp(
      "Chat template: auto (the adapter's), raw, chatml, llama3 or the file of a template.",
      valueName: "name"))
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @Option(
    help: ArgumentHelp(
      "The most tokens of the model's own answers, where a response is missing.", valueName: "n"))
  var responseTokens = TrainingOptions.standard.responseTokens

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if responseTokens < 1 {
      throw ValidationError("--response-tokens: expected 1 or more, found \(responseTokens)")
    }
  }

  func run() throws {
    let logger = common.logger
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let adapterFolder = try URL(path: adapter, option: "adapter")
    let contextFile = try URL(path: context, option: "context")
    let inputFile = try URL(path: inputs, option: "inputs")
    let folder = try model.folder(logger)
    let device = try common.openDevice()
    let request = Evaluation.Request(
      folder: folder, adapter: adapterFolder, context: contextFile, inputs: inputFile,
      template: TemplateChoice(template, variables: templateVariables.variables),
      precision: weights.precision, responseTokens: responseTokens)
    let evaluation = try request.perform(on: device, handle: progress.show)
    progress.finish()
    for notice in evaluation.notices { logger.show(notice) }
    if evaluation.isForeignAdapter {
      logger.warning("\(adapter): the adapter was made for another model than \(model.model)")
    }
    if evaluation.cutAnswers > 0 {
      let cut = CutAnswers(
        count: evaluation.cutAnswers, answers: evaluation.teacherAnswers, limit: responseTokens,
        hasEndToken: evaluation.hasEndToken)
      logger.info("\(cut.text)")
    }
    try StandardOutput.line(
      json ? object(evaluation, device.name).text(JSON.Layout(indentation: 2)) : text(evaluation))
  }

  private func text(_ evaluation: Evaluation) -> String {
    let comparison = ComparisonTable(
      validation: evaluation.validation, noContext: evaluation.noContext)
    return """
      \(Counted(evaluation.pseudoTokens, "pseudo-token")) in place of \
      \(Counted(evaluation.contextTokens, "token"))

      \(comparison.text)
      """
  }

  private func intervals(_ intervals: RunMetrics.Intervals?) -> JSON {
    guard let intervals else { return .null }
    func list(_ interval: Interval) -> JSON {
      .array([.number(interval.low), .number(interval.high)])
    }
    return .object([
      "kl": list(intervals.kl), "gap_closed": list(intervals.gapClosed),
      "top1_agreement": list(intervals.top1Agreement), "exact_match": list(intervals.exactMatch),
    ])
  }

  private func object(_ evaluation: Evaluation, _ device: String) -> JSON {
    let numbers = evaluation.validation
    return .object([
      "context_tokens": .integer(evaluation.contextTokens),
      "pseudo_tokens": .integer(evaluation.pseudoTokens),
      "compression_ratio": .number(
        Double(evaluation.contextTokens) / Double(evaluation.pseudoTokens)),
      "examples": .integer(evaluation.examples),
      "response_tokens": .integer(evaluation.responseTokens),
      "kl": .number(numbers.kl),
      "kl_no_context": .number(numbers.klNoContext),
      "gap_closed": .number(numbers.gapClosed),
      "top1_agreement": .number(numbers.top1Agreement),
      "top1_agreement_no_context": .number(evaluation.noContext.agreement),
      "exact_match": .number(numbers.exactMatch),
      "exact_match_full_context": .number(numbers.exactMatchFullContext),
      "exact_match_no_context": .number(numbers.exactMatchNoContext),
      "intervals_95": intervals(numbers.intervals),
      "device": .string(device),
    ])
  }
}
