import ArgumentParser
import Distillation
import Foundation
import HuggingFace
import JSON

/// `train-gpu export`: a trained prompt in the form of another program.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a trained prompt for PEFT, mlx-lm, vLLM or llama.cpp.",
    discussion: """
      peft is PEFT's PROMPT_TUNING, peft-cartridge its CARTRIDGE and peft-prefix its PREFIX_TUNING; mlx is \
      a prompt cache of mlx-lm, vllm the prompt embeddings that vLLM's server takes, and llamacpp \
      rows with a program in C that gives them to llama.cpp. A soft prompt can have every form, \
      because it becomes keys and values exactly; a prompt of keys and values has peft-cartridge, \
      peft-prefix and mlx.

      The files are read back, and the change of KL is reported. README.md in OUTPUT says how the \
      program uses them.
      """)

  @Argument(
    help: ArgumentHelp("The output folder of a run.", valueName: "run"), completion: .directory)
  var source: String

  @Option(
    help: ArgumentHelp(
      "peft, peft-cartridge, peft-prefix, mlx, vllm or llamacpp.", valueName: "format"))
  var format: ExportFormat

  @Option(
    help: ArgumentHelp("The folder to write, which must not exist.", valueName: "dir"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp(
      "The model: a folder, a GGUF file, or org/name[@revision] of the hub. (default: the run's)",
      valueName: "model"), completion: .file())
  var model: String?

  @OptionGroup var lora: LoRAOptions
  @OptionGroup var form: JSONOption
  @OptionGroup var weights: PrecisionOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let logger = common.logger
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let runFolder = try URL(path: source, option: "run")
    let outputFolder = try URL(path: output, option: "output")
    let recorded = try ExportRequest.modelName(ofRun: runFolder)
    let named = model ?? recorded.reference
    var added = lora
    if added.lora.isEmpty { added.lora = try ExportRequest.adapters(ofRun: runFolder) }
    let folder = try added.added(to: ModelFolder(named: named, logger: logger))
    let request = ExportRequest(
      run: runFolder, folder: folder,
      modelName: try ModelName(parsing: named, of: folder), format: format, output: outputFolder,
      precision: weights.precision)
    let result = try request.perform(on: common.openDevice(), handle: progress.show)
    progress.finish()
    for notice in result.notices { logger.show(notice) }
    try form.write(
      """
      \(Counted(result.virtualTokens, "virtual token")) in \(outputFolder.path): read back from its \
      files, the prompt changes KL by \(Format.scientific(result.divergence)) over \
      \(Counted(result.tokens, "token")); README.md says how it is used
      """
    ) {
      [
        "output": .string(outputFolder.path), "format": .string(format.rawValue),
        "virtual_tokens": .integer(result.virtualTokens), "kl_change": .number(result.divergence),
        "kl_tokens": .integer(result.tokens),
      ]
    }
  }
}

extension ExportFormat: ExpressibleByArgument {}
