import ArgumentParser
import Arguments
import Distillation
import Foundation
import HuggingFace

/// `train-gpu study`: questions and answers of nothing but a context.
struct Study: SharedOutCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write questions about a context and answer them: examples for distill.",
    discussion: """
      The model writes questions from chunks of the context, and the model that reads all of it answers. \
      The result is a file for --inputs of distill. A part of the context is kept for held-out \
      questions, from which no other question is written; distill then holds these out.

      With --teacher another model writes and answers, over the tokens of --model, for which the examples are.

      Everything follows from --seed. A study that was stopped goes on with the same command and ends \
      with the same bytes; beside the file, FILE.record.json says how it was begun. A larger --count adds \
      conversations to a study that is done, which are not those that one study of that count would have.

      With --tools the questioner reads the tools too, and a seed for each of them begins a request that needs \
      it; an answer that calls a tool is kept as the model writes it.

      \(ModelOptions.corpus)

      \(ModelOptions.hub)
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The long context: text files, and folders of them.", valueName: "file"),
    completion: .file())
  var context: [String]

  @OptionGroup var tools: ToolsOption

  @Option(help: ArgumentHelp("Conversations.", valueName: "n"))
  var count = StudyOptions.standard.count

  @Option(
    help: ArgumentHelp("The file for the conversations.", valueName: "file.jsonl"),
    completion: .jsonLines)
  var output: String

  @Flag(help: "Write a new study in the place of the one in the output file.")
  var overwrite = false

  @OptionGroup(title: "Questions") var questions: QuestionOptions

  @Option(
    help: ArgumentHelp(
      "Temperature of the questions. (default: \(StudyOptions.standard.temperature))",
      valueName: "t"), transform: Float.argument)
  var temperature = StudyOptions.standard.temperature

  @Option(
    help: ArgumentHelp(
      "The share of the context, and of the conversations, that is held out; 0 holds nothing out. "
        + "(default: \(StudyOptions.standard.heldOut))",
      valueName: "share"), transform: Double.argument)
  var heldOut = StudyOptions.standard.heldOut

  @Option(help: ArgumentHelp("The most tokens of an answer.", valueName: "n"))
  var responseTokens = StudyOptions.standard.responseTokens

  @Option(
    help: ArgumentHelp(
      "Temperature of the answers; 0 takes the most likely token. "
        + "(default: \(StudyOptions.standard.responseTemperature))", valueName: "t"),
    transform: Float.argument)
  var responseTemperature = StudyOptions.standard.responseTemperature

  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "n"))
  var seed = StudyOptions.standard.seed

  @Option(
    help: ArgumentHelp(
      "Chat template: auto (the model's own, or none), raw (none), chatml, llama3 or the file of a "
        + "template.", valueName: "name"), completion: TemplateOption.completion)
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @OptionGroup var lora: LoRAOptions
  @OptionGroup var teacher: TeacherOptions
  @OptionGroup var form: JSONOption
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    // The tokenizer and the template are all that is read of --model then.
    guard teacher.teacher != nil else { return }
    let expected = "expected nothing with --teacher, which writes and answers"
    if weights.precision != .stored {
      throw ValidationError(
        "--precision: \(expected); --teacher-precision is its format, found \(weights.precision)")
    }
    if let path = lora.lora.first { throw ValidationError("--lora: \(expected), found \(path)") }
  }

  func run() throws {
    let logger = common.logger
    let interruption = Interruption()
    let progress = ProgressReport(logger: logger, isQuiet: common.isQuiet)
    defer { progress.finish() }
    let contextFiles = try context.urls(option: "context")
    let outputFile = try URL(path: output, option: "output")
    var options = StudyOptions()
    questions.apply(to: &options)
    options.count = count
    options.seed = seed
    options.template = template
    let variables = templateVariables.variables
    options.templateVariables = variables.isEmpty ? nil : variables
    options.temperature = temperature
    options.heldOut = heldOut
    options.responseTokens = responseTokens
    options.responseTemperature = responseTemperature
    options.precision =
      teacher.teacher == nil ? weights.precision : teacher.teacherPrecision
    let ranks = Job.ranks
    // Before a model is fetched.
    try ranks.agree { [options] in
      try teacher.check()
      try options.validate()
    }
    let request = try ranks.agree { [options] in
      var request = StudyRequest(
        folder: try lora.added(to: model.folder(logger)), context: contextFiles,
        tools: try tools.file(),
        seeds: try questions.seeds.map { try URL(path: $0, option: "seeds") }, output: outputFile,
        isOverwriting: overwrite, ranks: ranks, options: options)
      request.teacher = try teacher.model(logger)
      return request
    }
    let device = try common.openDevices(
      recordedThreads: overwrite ? nil : Distillation.Study.recordedThreads(of: outputFile))
    let study = try ranks.agree { try Distillation.Study(request, device: device) }
    for notice in study.notices { logger.show(notice) }
    let result = try withExtendedLifetime(interruption) {
      try study.perform(handle: progress.show)
    }
    progress.finish()
    guard ranks.isFirst else { return }
    let summary = StudySummary(result: result, output: outputFile.path)
    try form.write(summary.text) { summary.object }
  }
}
