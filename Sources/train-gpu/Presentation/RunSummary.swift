import Distillation
import Foundation
import HuggingFace

/// What a finished run says on standard output.
struct RunSummary {
  let result: RunResult
  let modelName: ModelName

  var text: String {
    let metrics = result.metrics
    let ratio = Format.number(metrics.compressionRatio, 1)
    return """
      \(metrics.pseudoTokens) pseudo-tokens in place of \(metrics.contextTokens) tokens: \
      \(ratio) times fewer

      \(comparison)

      \(result.steps) steps in \(Format.duration(metrics.timing.trainSeconds)) on \(metrics.device), \
      prompt of step \(result.bestStep); read back from its files, the adapter changes KL by \
      \(Format.scientific(result.exportDivergence))

      Files in \(result.output.path):
        adapter_config.json, adapter_model.safetensors   for PEFT
        soft_prompt.safetensors                          the pseudo-tokens alone
        metrics.json, metrics.jsonl                      the numbers of the run and of every step\(answers)
        README.md                                        how to load it in PEFT and vLLM

      In PEFT:
        model = AutoModelForCausalLM.from_pretrained(\(modelName.pythonArguments))
        model = PeftModel.from_pretrained(model, "\(result.output.path)")
        \(promptCode)
        model.generate(input_ids=ids)
      """
  }

  /// The line of a file that is not always there.
  private var answers: String {
    guard result.teacherAnswers > 0 else { return "" }
    return "\n  answers.jsonl                                    what the teacher "
      + "answered to \(result.teacherAnswers) prompts"
  }

  private var promptCode: String {
    result.isChat
      ? "ids = ...  # of what the template writes behind the system message; README.md shows how"
      : "ids = tokenizer(prompt, add_special_tokens=False, return_tensors=\"pt\").input_ids"
  }

  private var comparison: String {
    guard let validation = result.metrics.validation, let noContext = result.noContext else {
      return "Nothing was held out, so nothing is known about its quality (--validation)."
    }
    return ComparisonTable(validation: validation, noContext: noContext).text
  }
}
