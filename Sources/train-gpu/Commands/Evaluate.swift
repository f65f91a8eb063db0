import ArgumentParser
import Distillation
import Foundation
import HuggingFace
import JSON

/// `train-gpu evaluate`: the quality of an adapter as a replacement of its context.
struct Evaluate: SharedOutCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare an adapter with the full context and with none, on given prompts.",
    discussion: """
      Three readings of the same prompts are compared: the full context, the adapter in its place, and \
      no context. Several adapters stand one after the other, in the order of their options; header and \
      closing of the template come once, and the keys of prompts of keys and values are rotated to their \
      new positions. Each is compared alone too: prompts that were trained apart lose when they stand \
      together (arXiv 2606.04557), less where the later ones are trained with distill --beside. All are \
      compared with the model that reads --context, so that names the texts of all of them.

      With --teacher another model reads the full context, and what --model itself does with it is \
      reported beside.

      A prompt that was trained on given responses, without a context, is compared with the model alone, and \
      then every line of --inputs has a response.

      \(ComparisonTable.noContext)

      \(ModelOptions.corpus)
      """)

  @OptionGroup var model: ModelOptions

  @OptionGroup var adapters: AdapterOptions

  @Option(parsing: .upToNextOption, help: ContextOption.help, completion: .file())
  var context: [String] = []

  @OptionGroup var tools: ToolsOption

  @Option(
    help: ArgumentHelp("Prompts, as distill takes them.", valueName: "file.jsonl"),
    completion: .jsonLines)
  var inputs: String

  @Option(help: UnrelatedOption.help, completion: .jsonLines)
  var unrelated: String?

  @Option(
    help: ArgumentHelp(
      "Chat template: auto (the adapter's), raw, chatml, llama3 or the file of a template.",
      valueName: "name"), completion: TemplateOption.completion)
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @Option(
    help: ArgumentHelp(
      "The most tokens of the model's own answers, where a response is missing.", valueName: "n"))
  var responseTokens = TrainingOptions.standard.responseTokens

  @OptionGroup var lora: LoRAOptions
  @OptionGroup var teacher: TeacherOptions
  @OptionGroup var form: JSONOption
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if adapters.adapter.isEmpty {
      throw ValidationError("expected --adapter; train-gpu evaluate --help says more")
    }
    if responseTokens < 1 {
      throw ValidationError("--response-tokens: expected 1 or more, found \(responseTokens)")
    }
  }

  func run() throws {
    let logger = common.logger
    let ranks = Job.ranks
    let progress = ProgressReport(logger: logger, isQuiet: common.isQuiet)
    defer { progress.finish() }
    let adapterFolders = try adapters.folders()
    let contextFiles = try context.urls(option: "context")
    let inputFile = try URL(path: inputs, option: "inputs")
    try ranks.agree { try teacher.check() }
    let folder = try ranks.agree { try lora.added(to: model.folder(logger)) }
    let device = try common.openDevices()
    var request = Evaluation.Request(
      folder: folder, adapters: adapterFolders, context: contextFiles, tools: try tools.file(),
      inputs: inputFile,
      unrelated: try unrelated.map { try URL(path: $0, option: "unrelated") },
      template: TemplateChoice(template, variables: templateVariables.variables),
      precision: weights.precision, responseTokens: responseTokens)
    request.teacher = try ranks.agree { try teacher.model(logger) }
    let evaluation = try request.perform(
      on: device, sharedBy: ranks, handle: progress.show)
    progress.finish()
    guard ranks.isFirst else { return }
    for notice in evaluation.notices { logger.show(notice) }
    for line in evaluation.rounding.lines { logger.info("\(line)") }
    logger.show(foreign: evaluation.foreignAdapters, of: adapters.adapter, than: model.model)
    if evaluation.cutAnswers > 0 {
      let cut = CutAnswers(
        count: evaluation.cutAnswers, answers: evaluation.teacherAnswers, limit: responseTokens,
        hasEndToken: evaluation.hasEndToken, isTraining: false)
      logger.info("\(cut.text)")
    }
    try form.write(text(evaluation)) { try object(evaluation, device.name) }
  }

  private func text(_ evaluation: Evaluation) -> String {
    let hasContext = evaluation.contextTokens > 0
    let comparison = ComparisonTable(validation: evaluation.validation, hasContext: hasContext)
    let place =
      hasContext ? "in place of \(Counted(evaluation.contextTokens, "token"))" : "without a context"
    return """
      \(Counted(evaluation.pseudoTokens, "pseudo-token")) \(place)

      \(comparison.text)\(alone(evaluation))
      """
  }

  /// The adapters alone and together, where there are several.
  private func alone(_ evaluation: Evaluation) -> String {
    guard !evaluation.alone.isEmpty else { return "" }
    let table = ReadingsTable(
      validation: evaluation.validation, noContext: evaluation.noContext,
      pseudoTokens: evaluation.pseudoTokens,
      alone: zip(adapters.adapter, evaluation.alone).map { ($0, $1) })
    return "\n\n\(table.text)"
  }

  /// The numbers of the report, as in a run's metrics.json, beside what they were measured on.
  private func object(_ evaluation: Evaluation, _ device: String) throws -> JSONObject {
    var object: JSONObject = [
      "context_tokens": .integer(evaluation.contextTokens),
      "pseudo_tokens": .integer(evaluation.pseudoTokens),
      "compression_ratio": .number(
        Double(evaluation.contextTokens) / Double(evaluation.pseudoTokens)),
      "examples": .integer(evaluation.examples),
      "response_tokens": .integer(evaluation.responseTokens),
      "intervals_95": .null,
      "device": .string(device),
    ]
    if !evaluation.alone.isEmpty {
      object["adapters"] = .array(
        try zip(adapters.adapter, evaluation.alone).map { path, reading in
          guard case .object(var members) = try JSON(encoding: reading) else { return .null }
          members["adapter"] = .string(path)
          return .object(members)
        })
    }
    guard case .object(let numbers) = try JSON(encoding: evaluation.validation) else {
      return object
    }
    for (name, value) in numbers.members where name != "basis" { object[name] = value }
    return object
  }
}
