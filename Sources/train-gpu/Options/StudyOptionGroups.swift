import ArgumentParser
import Arguments
import Distillation
import Foundation

/// How questions are written, for the commands that study a context.
struct QuestionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Own seeds, one a line, in the place of the built-in ones: what the model is told to ask, or with "
        + "--questioner complete the first words of the questions.", valueName: "file"),
    completion: .file())
  var seeds: String?

  @Option(help: ArgumentHelp("Questions of a conversation.", valueName: "n"))
  var rounds = StudyOptions.standard.rounds

  @Option(
    help: ArgumentHelp(
      "How the model writes questions: instruct (it is told what to ask), lead (it is told to ask, and "
        + "goes on with its answer from the first words) or complete (it goes on with a user's message "
        + "from its first words).", valueName: "kind"))
  var questioner = StudyOptions.standard.questioner

  @Option(help: ArgumentHelp("The most tokens of a question.", valueName: "n"))
  var questionTokens = StudyOptions.standard.questionTokens

  @Option(
    help: ArgumentHelp(
      "The fewest tokens of the part of the context that a question is written from.",
      valueName: "n"))
  var chunkMinimum = StudyOptions.standard.chunkMinimum

  @Option(help: ArgumentHelp("The most tokens of that part.", valueName: "n"))
  var chunkMaximum = StudyOptions.standard.chunkMaximum

  @Option(
    help: ArgumentHelp(
      "The most tokens of the context that are read at a time; a longer one is cut before files, headings and "
        + "paragraphs (default: what the model and the memory allow).", valueName: "n"))
  var contextWindow: Int?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Leave out questions that look as if they teach little; the study says how many and why.")
  var filter = StudyOptions.standard.filter

  /// The options of a study, but for those that other groups have.
  func apply(to options: inout StudyOptions) {
    options.rounds = rounds
    options.questioner = questioner
    options.questionTokens = questionTokens
    options.chunkMinimum = chunkMinimum
    options.chunkMaximum = chunkMaximum
    options.contextWindow = contextWindow
    options.filter = filter
  }
}

/// The study of a distillation without inputs.
struct DistillStudy: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Without --inputs: conversations that the model writes (default: \(StudyOptions.standard.count)).",
      valueName: "n"))
  var studyCount: Int?

  @Option(
    help: ArgumentHelp(
      "Temperature of the questions. (default: \(StudyOptions.standard.temperature))",
      valueName: "t"), transform: Float.argument)
  var questionTemperature = StudyOptions.standard.temperature

  @OptionGroup var questions: QuestionOptions

  /// The first of the options that is not at its default, which prompts that are given leave
  /// nothing to do; nil where all are.
  var firstChosen: String? {
    let standard = StudyOptions.standard
    let isChosen: KeyValuePairs = [
      "study-count": studyCount != nil,
      "question-temperature": questionTemperature != standard.temperature,
      "seeds": questions.seeds != nil, "rounds": questions.rounds != standard.rounds,
      "questioner": questions.questioner != standard.questioner,
      "question-tokens": questions.questionTokens != standard.questionTokens,
      "chunk-minimum": questions.chunkMinimum != standard.chunkMinimum,
      "chunk-maximum": questions.chunkMaximum != standard.chunkMaximum,
      "context-window": questions.contextWindow != nil,
      "no-filter": questions.filter != standard.filter,
    ]
    return isChosen.first(where: \.value)?.key
  }
}

extension StudyOptions {
  /// The defaults of the command line.
  static let standard = StudyOptions()
}

extension QuestionerForm: ExpressibleByArgument {}
