import Distillation
import Foundation
import HuggingFace
import JSON

/// The report of a finished run on standard output.
struct RunSummary {
  let result: RunResult
  let modelName: ModelName

  var text: String {
    let metrics = result.metrics
    let ratio = Format.number(metrics.compressionRatio, 1)
    return """
      \(Counted(metrics.pseudoTokens, "pseudo-token")) in place of \
      \(Counted(metrics.contextTokens, "token")): \(ratio) times fewer

      \(comparison)

      \(Counted(result.steps, "step")) in \(Format.duration(metrics.timing.trainSeconds)) on \(metrics.device), \
      prompt of step \(result.bestStep); read back from its files, the adapter changes KL by \
      \(Format.scientific(result.exportDivergence))

      Files in \(result.output.path):
        adapter_config.json, adapter_model.safetensors   for PEFT
        \(promptFile)
        \(tokenizer)metrics.json, metrics.jsonl                      the numbers of the run and of every step\(answers)
        README.md                                        how to load it

      In PEFT:
        model = AutoModelForCausalLM.from_pretrained(\(modelName.pythonArguments))
        model = PeftModel.from_pretrained(model, "\(result.output.path)")
        \(promptCode)
        model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False)
      """
  }

  /// The line of the prompt's own file.
  private var promptFile: String {
    switch result.method {
    case .embeddings: "soft_prompt.safetensors                          the pseudo-tokens alone"
    case .keysValues: "cartridge.safetensors                            keys and values alone"
    }
  }

  private var tokenizer: String {
    let files = [RunFolder.tokenizer, RunFolder.tokenizerConfiguration]
    guard result.hasTokenizer else { return "" }
    return "\(files.joined(separator: ", "))            files that tokenize prompts\n  "
  }

  /// The line of a file that may be missing.
  private var answers: String {
    guard result.teacherAnswers > 0 else { return "" }
    return "\n  answers.jsonl                                    answers of the "
      + "teacher to \(Counted(result.teacherAnswers, "prompt"))"
  }

  private var promptCode: String {
    result.isChat
      ? "ids = ...  # of the template's text after the system message; README.md shows how"
      : "ids = ...  # of the prompt alone, without special tokens; README.md shows how"
  }

  private var comparison: String {
    guard let validation = result.metrics.validation, let noContext = result.noContext else {
      return "Nothing was held out, so nothing is known about its quality (--validation)."
    }
    return ComparisonTable(validation: validation, noContext: noContext).text
  }
}
