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
    return """
      \(Counted(metrics.pseudoTokens, "pseudo-token")) \(origin)

      \(comparison)

      \(Counted(result.steps, "step")) in \(Decimals.duration(metrics.timing.trainSeconds)) on \(metrics.device), \
      prompt of step \(result.bestStep); read back from its files, the adapter changes KL by \
      \(Format.scientific(result.exportDivergence))

      Files in \(result.output.path):
        adapter_config.json, adapter_model.safetensors   for PEFT
        \(promptFile)
        \(tokenizer)metrics.json, metrics.jsonl                      the numbers of the run and of every step\(answers)\(heldOut)\(events)
        report.html                                      all of it for a browser
        README.md                                        how to load it

      In PEFT:
        model = AutoModelForCausalLM.from_pretrained(\(modelName.pythonArguments))
        model = PeftModel.from_pretrained(model, "\(result.output.path)")
        \(promptCode)
        model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False)
      """
  }

  /// The numbers of `metrics.json`, and what a run adds to them.
  func object() throws -> JSONObject {
    var object: JSONObject = [
      "output": .string(result.output.path), "steps": .integer(result.steps),
      "best_step": .integer(result.bestStep), "export_kl_change": .number(result.exportDivergence),
    ]
    guard case .object(let metrics) = try JSON(encoding: result.metrics) else { return object }
    for (name, value) in metrics.members { object[name] = value }
    return object
  }

  /// What they stand for.
  private var origin: String {
    let metrics = result.metrics
    guard metrics.contextTokens > 0 else { return "trained on the responses, without a context" }
    return "in place of \(Counted(metrics.contextTokens, "token")): "
      + "\(Decimals.text(metrics.compressionRatio ?? 0, 1)) times fewer"
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

  /// The lines of files that may be missing.
  private var answers: String {
    var lines = ""
    if result.teacherAnswers > 0 {
      lines +=
        "\n  answers.jsonl                                    answers of the "
        + "teacher to \(Counted(result.teacherAnswers, "prompt"))"
    }
    if let rollouts = result.metrics.rollouts {
      lines +=
        "\n  rollouts.jsonl                                   \(Counted(rollouts.answers, "answer")) "
        + "of the student in the training"
    }
    return lines
  }

  /// The line of what is held out.
  private var heldOut: String {
    guard result.metrics.validation != nil else { return "" }
    return
      "\n  evaluations.jsonl, heldout_answers.jsonl         the held-out numbers along the training, and the "
      + "answers"
  }

  private var events: String {
    result.hasEvents
      ? "\n  tensorboard/                                     the numbers of every step for TensorBoard"
      : ""
  }

  private var promptCode: String {
    result.isChat
      ? "ids = ...  # of the template's text after the system message; README.md shows how"
      : "ids = ...  # of the prompt alone, without special tokens; README.md shows how"
  }

  private var comparison: String {
    guard let validation = result.metrics.validation else {
      return "Nothing was held out, so nothing is known about its quality (--validation)."
    }
    return ComparisonTable(
      validation: validation, hasContext: result.metrics.contextTokens > 0
    ).text
  }
}
