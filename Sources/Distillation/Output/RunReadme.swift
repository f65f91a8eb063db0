import Foundation
import HuggingFace
import JSON

/// The `README.md` of a run: what the adapter is, how well it does, how to load it elsewhere, and
/// what it was made with.
struct RunReadme {
  let adapter: Adapter
  let metrics: RunMetrics
  let options: TrainingOptions
  let changes: [OptionChange]

  /// The whole text.
  func text() throws(DistillationError) -> String {
    """
    # \(metrics.pseudoTokens) pseudo-tokens in place of \(metrics.contextTokens) tokens

    A soft prompt for the model `\(model.identifier)`\(ofRevision), distilled by Pith: \
    \(metrics.pseudoTokens) vectors stand in the place of a context of \
    \(metrics.contextTokens) tokens, \(number(metrics.compressionRatio, 1)) times fewer. \
    The model itself is unchanged.

    \(results)

    ## Files

    - `adapter_config.json`, `adapter_model.safetensors`: a prompt-tuning adapter for PEFT of \
    \(adapter.virtualTokens.count) virtual tokens: \(rows(adapter.header)) of the header, \
    \(adapter.softPrompt.count) of the soft prompt, \(rows(adapter.closing)) of the closing.
    - `soft_prompt.safetensors`: the soft prompt alone, `soft_prompt` \
    [\(adapter.softPrompt.count), \(adapter.softPrompt.width)] f32.
    \(embeddingSpace)
    - `metrics.json`, `metrics.jsonl`: the numbers of the run and of every step.

    ## PEFT

    \(peft)

    ## vLLM

    \(vLLM)

    ## Made with

    ```yaml
    \(try settings())
    ```
    \(resumptions)
    SHA-256 of the model's description \(adapter.origin.fingerprints.model), of the context \
    \(adapter.origin.fingerprints.context).

    """
  }

  var model: ModelName { adapter.origin.model }

  var ofRevision: String { model.revision.map { " at revision `\($0)`" } ?? "" }

  /// Where the vectors stand, which matters where a model scales its embeddings.
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

  func rows(_ values: [Float]) -> Int { values.count / adapter.softPrompt.width }

  private func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: nil, value)
  }

  /// The held-out numbers, where there are any.
  private var results: String {
    guard let validation = metrics.validation else {
      return "No examples were held out, so nothing is known about its quality."
    }
    func percent(_ share: Double) -> String { "\(number(100 * share, 1)) %" }
    return """
      On held-out prompts, over the whole vocabulary, in nats a token:

      | | no context | soft prompt | full context |
      |---|---|---|---|
      | KL to the full context | \(number(validation.klNoContext, 4)) | \
      \(number(validation.kl, 4)) | 0 |
      | exact match | \(percent(validation.exactMatchNoContext)) | \
      \(percent(validation.exactMatch)) | \(percent(validation.exactMatchFullContext)) |

      The soft prompt closes \(percent(validation.gapClosed)) of the gap, and its most likely \
      token is that of the full context for \(percent(validation.top1Agreement)) of the tokens.

      Of the prompts that the training passed through, this is the one with the lowest KL on these \
      examples, so on others it may do a little worse.
      """
  }

  /// What was another before the run was resumed, a line each.
  private var resumptions: String {
    changes.map { change in
      "\nBegun with `\(change.before)`; `\(change.after)` since step \(change.step + 1).\n"
    }.joined()
  }

  /// The options as `--config` reads them, which takes one of steps and epochs.
  private func settings() throws(DistillationError) -> String {
    var members = try options.members()
    if options.epochs != nil { members["steps"] = nil }
    return members.members.map { name, value in
      // A number of JSON need not hold all 64 bits.
      "\(name): \(name == "seed" ? "\(options.seed)" : value.text())"
    }.joined(separator: "\n")
  }
}
