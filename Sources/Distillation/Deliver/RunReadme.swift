import Foundation
import HuggingFace
import JSON

/// The `README.md` of a run: the adapter, its quality, how to load it elsewhere, and its inputs.
struct RunReadme {
  let adapter: Adapter
  let metrics: RunMetrics
  let options: TrainingOptions
  let changes: [OptionChange]
  /// Whether there are TensorBoard's events.
  var hasEvents = false

  /// The whole text.
  func text() throws(DistillationError) -> String {
    """
    # \(Counted(metrics.pseudoTokens, "pseudo-token")) \(origin)

    \(kind) for the model `\(model.identifier)`\(model.part), \(description) \
    The model itself is unchanged.\(AdapterUsage.tools(adapter.origin.tools))

    \(results)

    ## Files

    - `adapter_config.json`, `adapter_model.safetensors`: \(peftKind) of \
    \(Counted(adapter.virtualTokens.form.tokenCount, "virtual token")): \
    \(adapter.frame.header.count) of the header, \
    \(adapter.prompt.form.tokenCount) of the prompt, \(adapter.frame.closing.count) of the closing.
    \(promptFile)
    \(tokenizerFiles)- `metrics.json`, `metrics.jsonl`: the numbers of the run and of every step.
    \(heldOutFiles)\(rollouts)- `report.html`: all of it for a browser.\(eventFiles)

    \(ggufSection)## PEFT

    \(usage.peft)
    \(vLLMSection)
    ## Made with

    ```yaml
    \(try settings())
    ```
    \(resumptions)
    Fingerprint of the model \(adapter.origin.fingerprints.model): the SHA-256 of its \
    `config.json` and of the first 256 bytes of every tensor\(weights). \
    SHA-256 of the context's tokens \(adapter.origin.fingerprints.context).\(neighbors)\(rates)\(repetition)

    """
  }

  private var hasContext: Bool { metrics.contextTokens > 0 }

  /// The line on the student's own answers, where it gave some.
  private var rollouts: String {
    metrics.rollouts.map { "- `\(RunFolder.rollouts)`: \($0.text), on which it was trained.\n" }
      ?? ""
  }

  private var origin: String {
    hasContext
      ? "in place of \(Counted(metrics.contextTokens, "token"))" : "trained on given responses"
  }

  private var description: String {
    guard hasContext else {
      return "trained by Pith\(lora) on given responses: \(rows) before every prompt."
    }
    return
      "distilled by Pith\(lora)\(teacher): \(rows) \(metrics.pseudoTokens == 1 ? "replaces" : "replace") a context of "
      + "\(Counted(metrics.contextTokens, "token")), \(number(metrics.compressionRatio ?? 0, 1)) times fewer."
  }

  /// The prompts before this one in training.
  private var neighbors: String { AdapterUsage.neighbors(adapter.origin.neighbors) }

  private var isKeysValues: Bool { options.method == .keysValues }

  private var kind: String {
    isKeysValues ? "A cartridge (keys and values of every layer)" : "A soft prompt"
  }

  private var rows: String {
    isKeysValues
      ? "\(Counted(metrics.pseudoTokens, "row")) of keys and values"
      : "\(Counted(metrics.pseudoTokens, "vector"))"
  }

  private var peftKind: String {
    isKeysValues
      ? "a CARTRIDGE adapter for PEFT, 0.19 or later," : "a prompt-tuning adapter for PEFT"
  }

  /// The lines on the file of the prompt alone.
  private var promptFile: String {
    let form = adapter.prompt.form
    guard isKeysValues else {
      return """
        - `soft_prompt.safetensors`: the soft prompt alone, `soft_prompt` \(form.tensors[0].shape) f32.
        \(embeddingSpace)
        """
    }
    let first = adapter.frame.header.count
    return """
      - `cartridge.safetensors`: keys and values alone, `keys` and `values` \(form.tensors[0].shape) f32 \
      (layers, rows, heads, head dimension).
        Keys are as transformers caches them, after RoPE at the positions \(first) to \
      \(first + form.tokenCount - 1).
      """
  }

  /// The model's GGUF file, and the programs that run it.
  private var ggufSection: String {
    adapter.origin.fingerprints.gguf.map { identity in
      let gguf = GGUFUsage(identity: identity, isKeysValues: isKeysValues)
      return "## GGUF\n\n\(gguf.origin)\n\n\(gguf.programs)\n\n"
    } ?? ""
  }

  /// Instructions for vLLM, which takes embeddings and no keys and values.
  private var vLLMSection: String {
    isKeysValues ? "" : "\n## vLLM\n\n\(usage.vLLM)\n"
  }

  private var usage: AdapterUsage { AdapterUsage(adapter: adapter) }

  private var model: ModelName { adapter.origin.model }

  /// The adapters in the model's weights, which the files here do not hold.
  private var lora: String {
    let folders = adapter.origin.lora
    guard !folders.isEmpty else { return "" }
    return " with the LoRA adapter\(folders.count == 1 ? "" : "s") "
      + folders.map { "`\($0)`" }.joined(separator: ", ") + " in its weights"
  }

  /// The model whose answers with the context were learned, where that is another one.
  private var teacher: String {
    AdapterUsage.teacher(adapter.origin.fingerprints.teacher).map { " from \($0)" } ?? ""
  }

  /// The scaling of the vectors, for a model that scales its embeddings.
  private var embeddingSpace: String {
    let (space, start) = (
      adapter.origin.embeddingSpace,
      "Both hold rows of what transformers 5 takes as `inputs_embeds`"
    )
    if space.embeddingScale != 1 {
      return """
          \(start): for this model, rows of the embedding table times \(space.embeddingScale). \
        Software that multiplies its input embeddings itself needs them divided by that first.
        """
    }
    if space.inputMultiplier != 1 {
      return """
          \(start): for this model, before it multiplies all its inputs by \
        \(space.inputMultiplier). Software that does not needs them multiplied by that first.
        """
    }
    return "  \(start): for this model, rows like those of its embedding table."
  }

  /// The last cell of a row, which only runs with a context have.
  func fullContext(_ cell: String) -> String { hasContext ? " \(cell) |" : "" }

  private func number(_ value: Double, _ digits: Int) -> String {
    Decimals.text(value, digits)
  }

  /// The held-out numbers, where there are any.
  private var results: String {
    guard let validation = metrics.validation else {
      return "No examples were held out, so nothing is known about its quality."
    }
    let intervals = validation.intervals
    func interval(_ interval: Interval?, scale: Double, _ digits: Int) -> String {
      interval.map {
        "\(number(scale * $0.low, digits)) to \(number(scale * $0.high, digits))"
          + (scale == 100 ? " %" : "")
      } ?? ""
    }
    let rows = answerRows(validation) { interval($0, scale: $1, $2) }
    let windows = validation.windows.map { windows in
      "After the best window alone: KL \(number(windows.kl, 4)), top-1 agreement "
        + "\(Decimals.percent(windows.top1Agreement)). \(windows.sentence)"
    }
    let sentences = [
      validation.gapSentence, validation.teacherSentence, validation.besideSentence,
      windows, validation.basisSentence, validation.fewSentence,
    ].compactMap(\.self)
    func cell(_ value: Double?) -> String { value.map { number($0, 4) } ?? "" }
    let divergence = """
      | KL to the full context | \(cell(validation.klNoContext)) | \
      \(cell(validation.kl)) | \(interval(intervals?.kl, scale: 1, 4)) | 0 |
      | top-1 agreement | | \(Decimals.percent(validation.top1Agreement ?? 0)) | \
      \(interval(intervals?.top1Agreement, scale: 100, 1)) | 100.0 % |

      """
    let head = """
      | | \(hasContext ? "no context" : "no prompt") | learned prompt | 95 % interval |\(fullContext("full context"))
      |---|---|---|---|\(hasContext ? "---|" : "")

      """
    return """
      On held-out prompts, over the whole vocabulary, in nats a token:

      \(head)\(hasContext ? divergence : "")\
      | exact match | \(Decimals.percent(validation.exactMatchNoContext)) | \
      \(Decimals.percent(validation.exactMatch)) | \(interval(intervals?.exactMatch, scale: 100, 1)) |\
      \(fullContext(Decimals.percent(validation.exactMatchFullContext ?? 0)))\(rows)

      \(sentences.joined(separator: " "))

      \([RunMetrics.Validation.measures(hasContext: hasContext), validation.toolCalls?.sentence, validation.driftSentence].compactMap(\.self).joined(separator: " "))

      Of the prompts that the training passed through, this is the one with the lowest \
      \(options.loss.heldOutName) on these examples, so on others it may do a little worse.
      """
  }

  /// The options that were changed when the run was resumed, a line each.
  private var resumptions: String {
    changes.map { change in
      "\nStarted with \(setting(change.before)); \(setting(change.after)) since step "
        + "\(change.step + 1).\n"
    }.joined()
  }

  /// A setting as `settings()` lists it.
  private func setting(_ setting: OptionSetting) -> String {
    let name = setting.name.rawValue
    return setting.value.map { "`\(name): \($0)`" } ?? "no `\(name)`"
  }

  /// The options as a configuration file states them, which takes one of steps and epochs.
  private func settings() throws(DistillationError) -> String {
    try options.settings().map { "\($0.name): \($0.value)" }.joined(separator: "\n")
  }
}
