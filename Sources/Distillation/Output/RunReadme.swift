import Foundation
import HuggingFace
import Safetensors

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

  private var model: ModelName { adapter.origin.model }

  private var ofRevision: String { model.revision.map { " at revision `\($0)`" } ?? "" }

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

  private func rows(_ values: [Float]) -> Int { values.count / adapter.softPrompt.width }

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

  private var peft: String {
    """
    The virtual tokens hold everything that comes before the prompt, so the prompt is tokenized \
    with `add_special_tokens=False`:

    ```python
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(\(model.pythonArguments))
    model = AutoModelForCausalLM.from_pretrained(\(model.pythonArguments))
    model = PeftModel.from_pretrained(model, "path/to/this/folder")
    \(promptCode)
    output = model.generate(input_ids=ids, max_new_tokens=64)
    print(tokenizer.decode(output[0], skip_special_tokens=True))
    ```
    """
  }

  /// Python that puts the identifiers of a prompt into `ids`.
  private var promptCode: String {
    guard adapter.origin.isChat else {
      return """
        ids = tokenizer("your prompt", add_special_tokens=False, return_tensors="pt").input_ids
        """
    }
    return """

      # What the template writes behind the system message, without the \
      \(rows(adapter.closing)) tokens of the closing.
      messages = [{"role": "system", "content": "<context>"},
                  {"role": "user", "content": "your prompt"}]
      text = tokenizer.apply_chat_template(messages, tokenize=False, \
      add_generation_prompt=True\(keywordArguments))
      ids = tokenizer(text.split("<context>")[1], add_special_tokens=False,
                      return_tensors="pt").input_ids[:, \(rows(adapter.closing)):]
      """
  }

  private var vLLM: String {
    let load = """
      from openai import OpenAI
      from safetensors.torch import load_file
      from vllm.utils.serial_utils import tensor2base64

      client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
      """
    guard adapter.origin.isChat else {
      return """
        \(server) The completions endpoint takes the \
        embeddings of everything, so those of the prompt follow the virtual tokens:

        ```python
        import torch
        \(load)

        virtual = load_file("adapter_model.safetensors")["prompt_embeddings"]
        rows = model.get_input_embeddings()(ids[0])  # of the base model, as above
        payload = tensor2base64(torch.cat([virtual.to(rows), rows]))
        client.completions.create(model=\(python(model.identifier)), prompt="",
                                  extra_body={"prompt_embeds": payload})
        ```
        """
    }
    return """
      \(server) The server writes the template around the \
      soft prompt, which is the system message:

      ```python
      \(load)

      sigma = load_file("soft_prompt.safetensors")["soft_prompt"]
      client.chat.completions.create(model=\(python(model.identifier)), messages=[
          {"role": "system",
           "content": [{"type": "prompt_embeds", "data": tensor2base64(sigma)}]},
          {"role": "user", "content": "your prompt"}]\(extraBody))
      ```
      """
  }

  /// How vLLM is started.
  private var server: String {
    let revision = model.revision.map { " --revision \($0)" } ?? ""
    return "Start the server with `--enable-prompt-embeds\(revision)`."
  }

  /// The template's variables as further arguments of `apply_chat_template`.
  private var keywordArguments: String {
    adapter.origin.template.variables.values.members
      .map { ", \($0.key)=\(python($0.value))" }.joined()
  }

  /// The template's variables as vLLM's server takes them.
  private var extraBody: String {
    let variables = adapter.origin.template.variables
    guard !variables.isEmpty else { return "" }
    return """
      ,
          extra_body={"chat_template_kwargs": \(python(.object(variables.values)))}
      """
  }

  /// A value as Python writes it.
  private func python(_ value: JSON) -> String {
    switch value {
    case .null: "None"
    case .bool(let bool): bool ? "True" : "False"
    case .integer, .number: value.text()
    case .string(let text): python(text)
    case .array(let elements): "[\(elements.map(python).joined(separator: ", "))]"
    case .object(let object):
      "{\(object.members.map { "\(python($0.key)): \(python($0.value))" }.joined(separator: ", "))}"
    }
  }

  /// A string literal of Python.
  private func python(_ text: String) -> String {
    // JSON's escapes are Python's too.
    JSON.string(text).text()
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
