import HuggingFace
import JSON

/// The `README.md` of an export: how its program uses it.
struct ExportReadme {
  let export: Export

  /// The exported adapter.
  var adapter: Adapter { export.adapter }
  /// Code and words that the exports share.
  var usage: AdapterUsage { AdapterUsage(adapter: adapter) }
  /// The model of the adapter.
  var model: ModelName { adapter.origin.model }

  /// The whole text.
  var text: String {
    let prompt = Counted(adapter.prompt.form.tokenCount, "pseudo-token")
    let replaced =
      adapter.origin.contextTokens > 0
      ? " in place of \(Counted(adapter.origin.contextTokens, "token"))" : ""
    return """
      # \(prompt)\(replaced), for \(program)

      A trained prompt for the model `\(model.identifier)`\(model.part), exported by Pith\(teacher): \
      \(adapter.frame.header.count) + \(adapter.prompt.form.tokenCount) + \
      \(adapter.frame.closing.count) rows of header, prompt and closing stand before every prompt.\
      \(AdapterUsage.tools(adapter.origin.tools))\(AdapterUsage.neighbors(adapter.origin.neighbors))\(lora)

      \(gguf)\(instructions)

      """
  }

  /// The model whose answers with the context were learned, where that is another one.
  private var teacher: String {
    AdapterUsage.teacher(adapter.origin.fingerprints.teacher).map { " and learned from \($0)" }
      ?? ""
  }

  /// The adapters that the model's weights need, which the files here do not hold.
  private var lora: String {
    let folders = adapter.origin.lora
    guard !folders.isEmpty else { return "" }
    return
      "\n\nThe prompt belongs to the model with \(Counted(folders.count, "LoRA adapter")) in its weights, "
      + folders.map { "`\($0)`" }.joined(separator: ", ")
      + ": load the model with them, in PEFT by `merge_and_unload()`, from where `save_pretrained` writes a "
      + "model for other programs."
  }

  /// The model's GGUF file; how transformers loads it, for an export that needs that.
  private var gguf: String {
    guard let usage = ggufUsage else { return "" }
    let isForTransformers = [.peft, .peftCartridge, .peftPrefix].contains(export.format)
    return usage.origin + (isForTransformers ? " \(usage.transformers)" : "") + "\n\n"
  }

  /// How other programs load the model's GGUF file; nil where the model is a folder.
  var ggufUsage: GGUFUsage? {
    adapter.origin.fingerprints.gguf.map {
      GGUFUsage(identity: $0, isKeysValues: adapter.prompt.form.isKeysValues)
    }
  }

  private var program: String {
    switch export.format {
    case .peft, .peftCartridge, .peftPrefix: "PEFT"
    case .mlx: "mlx-lm"
    case .vllm: "vLLM"
    case .llamacpp: "llama.cpp"
    }
  }

  private var instructions: String {
    switch export.format {
    case .peft: usage.peft
    case .peftCartridge:
      "The adapter is a KV prefix of kind CARTRIDGE, which PEFT has from version 0.19 on.\n\n"
        + usage.peft
    case .peftPrefix:
      "The adapter is a KV prefix of kind PREFIX_TUNING without a projection.\n\n" + usage.peft
    case .mlx: mlx
    case .vllm: vLLM
    case .llamacpp: llama
    }
  }

  /// Python that imports what the examples name, and loads the tokenizer of the folder where it
  /// holds one.
  var tokenizerImport: String {
    adapter.origin.tokenizer == nil
      ? "import torch"
      : """
      from transformers import PreTrainedTokenizerFast

      tokenizer = PreTrainedTokenizerFast.from_pretrained("path/to/this/folder")
      """
  }
}
