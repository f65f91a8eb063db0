import ArgumentParser
import Distillation
import HuggingFace
import Logging
import Weights

/// The model that reads the context in the place of the one that is trained.
struct TeacherOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Another model with the tokenizer of --model, named as that is, which reads the full context, answers and "
        + "scores in its place. Both read the tokens of --model's tokenizer and chat template, and are compared "
        + "over the token ids that both have.", valueName: "model"), completion: .file())
  var teacher: String?

  @Option(
    help: ArgumentHelp(
      "Format of its weights in memory, as --precision has it for those of --model.",
      valueName: "type"))
  var teacherPrecision = WeightPrecision.stored

  /// Checks what follows from the options alone, before a model is fetched.
  func check() throws(UsageError) {
    guard teacher == nil, teacherPrecision != .stored else { return }
    throw UsageError(description: "--teacher-precision: expected --teacher with it, found none")
  }

  /// The model; nil where none is named.
  func model(_ logger: Logger) throws -> TeacherModel? {
    guard let teacher else { return nil }
    let folder = try ModelFolder(named: teacher, option: "teacher", logger: logger)
    return TeacherModel(
      folder: folder, name: try ModelName(parsing: teacher, of: folder),
      precision: teacherPrecision)
  }
}
