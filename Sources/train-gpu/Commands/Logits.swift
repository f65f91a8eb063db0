import ArgumentParser
import Distillation
import Files
import Foundation
import HuggingFace
import JSON
import Safetensors

/// `train-gpu logits`: the logits of every next token.
struct Logits: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the logits of a text, at every position, to a safetensors file.",
    discussion: """
      The tensor `logits` is [tokens, vocabulary] f32. With an adapter, the text follows its \
      virtual tokens, as in PEFT, and gets no special tokens; their own positions are left out. \
      Several adapters stand together as in evaluate. With --context or --tools the text follows these in \
      the same way: behind the tokens with which the chat template goes on after them in every conversation.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("Token ids.", valueName: "1,2,3"))
  var ids: String?

  @Option(help: ArgumentHelp("A text, with the special tokens that the tokenizer adds."))
  var text: String?

  @OptionGroup var preceding: PrecedingOptions

  @Option(
    help: ArgumentHelp(
      "Chat template around --context and --tools: auto (the model's own, or none), raw, chatml, llama3 or "
        + "the file of a template.", valueName: "name"), completion: TemplateOption.completion)
  var template = "auto"

  @OptionGroup var templateVariables: TemplateVariableOptions

  @Option(
    help: ArgumentHelp("Where the logits go.", valueName: "file.safetensors"),
    completion: .file(extensions: ["safetensors"]))
  var output: String

  @OptionGroup var form: JSONOption
  @OptionGroup var lora: LoRAOptions
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (ids == nil) != (text == nil) else {
      throw ValidationError("give one of --ids and --text")
    }
    try preceding.checkOneKind()
    guard preceding.context.isEmpty, preceding.tools.tools == nil else { return }
    let given =
      template != "auto"
      ? "template" : templateVariables.given.isEmpty ? nil : "template-variable"
    if let given {
      throw ValidationError("--\(given): expected --context or --tools with it, found neither")
    }
  }

  func run() throws {
    let progress = ProgressReport(logger: common.logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let precedingFiles = try preceding.files()
    let outputFile = try URL(path: output, option: "output")
    let stream = try OutputPath.open(outputFile, checkReplaced: checkReplaced)
    let folder = try lora.added(to: model.folder(common.logger))
    let input: LogitsRequest.Input =
      if let ids { .identifiers(try identifiers(ids)) } else { .text(text ?? "") }
    let device = try common.openDevice()
    let request = LogitsRequest(
      folder: folder, input: input, preceding: precedingFiles,
      template: TemplateChoice(template, variables: templateVariables.variables),
      precision: weights.precision, output: outputFile)
    let result = try withExtendedLifetime(stream) {
      try request.perform(on: device, handle: progress.show)
    }
    progress.finish()
    for notice in result.notices { common.logger.show(notice) }
    for line in result.rounding.lines { common.logger.info("\(line)") }
    common.logger.show(
      foreign: result.foreignAdapters, of: preceding.adapters.adapter, than: model.model)
    guard form.json else { return }
    try form.write("") {
      [
        "output": .string(outputFile.path), "tensor": .string("logits"),
        "shape": .array(result.shape.map(JSON.integer)),
      ]
    }
  }

  /// Only logits are replaced by logits, so that no model or adapter is lost.
  private func checkReplaced(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let present = try? SafetensorsFile(contentsOf: URL(fileURLWithPath: path))
    guard let present, Array(present.tensors.keys) == ["logits"] else {
      throw UsageError(
        description: "--output: expected a new file or earlier logits, found another file, \(path)")
    }
  }

  private func identifiers(_ list: String) throws -> [Int] {
    try list.split(separator: ",", omittingEmptySubsequences: false).map { piece in
      guard let identifier = Int(piece.trimmingCharacters(in: .whitespaces)) else {
        throw UsageError(
          description: "--ids: expected numbers with commas between them, found '\(piece)'")
      }
      return identifier
    }
  }
}
