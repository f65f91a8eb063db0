import HuggingFace
import JSON

/// Instructions to load an adapter in other programs.
struct AdapterUsage {
  let adapter: Adapter

  private var model: ModelName { adapter.origin.model }

  /// The prompts that stood before this one in its training, which its files do not hold; empty
  /// where there were none.
  static func neighbors(_ records: [NeighborRecord]) -> String {
    guard !records.isEmpty else { return "" }
    let list = records.map { "`\($0.digest)` (\(Counted($0.tokens, "pseudo-token")))" }
    return
      "\n\nThis prompt was trained behind \(Counted(records.count, "other prompt")), which the files "
      + "here do not hold; SHA-256 of each other prompt's file: \(list.joined(separator: ", "))."
  }

  /// The model that read the context in training; nil where it was the adapter's own.
  static func teacher(_ record: TeacherRecord?) -> String? {
    record.map { "the teacher `\($0.reference)` (fingerprint \($0.fingerprint.prefix(12))...)" }
  }

  /// How prompts are written where the prompt stands for tools too; empty where it does not.
  static func tools(_ record: ToolRecord?) -> String {
    guard let record else { return "" }
    return
      "\n\nThe prompt stands for the definitions of \(record.title) too (SHA-256 of their list "
      + "\(record.digest)): render the chat template without `tools`, and parse calls in the answers as "
      + "before. A program that adds `tools` itself would have the model read them twice."
  }

  /// Instructions for PEFT.
  var peft: String {
    let hasTokenizer = adapter.origin.tokenizer != nil
    let names =
      "AutoModelForCausalLM, GenerationConfig" + (hasTokenizer ? ", PreTrainedTokenizerFast" : "")
    let tokenizer =
      hasTokenizer
      ? "\ntokenizer = PreTrainedTokenizerFast.from_pretrained(\"\(Self.folder)\")" : ""
    return """
      \(hasTokenizer ? Self.aboutTokenizer : Self.aboutIdentifiers)

      ```python
      import torch
      from peft import PeftModel
      from transformers import \(names)
      \(tokenizer)
      model = AutoModelForCausalLM.from_pretrained(\(model.pythonArguments))\(merges)
      model.generation_config = GenerationConfig(do_sample=False, max_new_tokens=64\(endTokens))
      model = PeftModel.from_pretrained(model, "\(Self.folder)")
      \(promptCode)
      output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))
      answer = output[0, ids.shape[1]:]
      print(\(hasTokenizer ? "tokenizer.decode(answer, skip_special_tokens=True)" : "answer.tolist()"))
      ```

      `attention_mask` keeps a padding token that a prompt holds; `GenerationConfig` selects the most likely \
      tokens, whatever the model's `generation_config.json` says\(stopNote).
      """
  }

  /// Python that adds the LoRA adapters to the weights, as they were in training.
  private var merges: String {
    adapter.origin.lora.map {
      "\nmodel = PeftModel.from_pretrained(model, \(python(.string($0)))).merge_and_unload()"
    }.joined()
  }

  /// The tokens after which an answer ends, as Python writes them; nil where there are none.
  private var stopTokens: String? {
    let tokens = adapter.origin.stopIdentifiers.sorted()
    return tokens.isEmpty ? nil : python(.array(tokens.map(JSON.integer)))
  }

  private var endTokens: String { stopTokens.map { ", eos_token_id=\($0)" } ?? "" }

  private var stopNote: String {
    stopTokens == nil ? "" : ", and `eos_token_id` names the tokens that ended answers in training"
  }

  private static let folder = "path/to/this/folder"

  private static let aboutTokenizer = """
    The virtual tokens hold everything that comes before the prompt, so the prompt is tokenized \
    with `add_special_tokens=False`, by the tokenizer of this folder: `PreTrainedTokenizerFast` reads \
    `tokenizer.json` as it is, which not every class that `AutoTokenizer` chooses does.
    """

  private static let aboutIdentifiers = """
    The adapter was trained on token ids without a header: prompts are token ids too, and no tokens \
    are added before them.
    """

  /// Python that puts the identifiers of a prompt into `ids`.
  var promptCode: String {
    if adapter.origin.tokenizer == nil { return "ids = torch.tensor([[1, 2, 3]])  # your prompt" }
    guard adapter.origin.isChat else {
      return """
        ids = tokenizer("your prompt", add_special_tokens=False, return_tensors="pt").input_ids
        """
    }
    let substitute = adapter.origin.substitute
    let start = (substitute?.tokenCount ?? 0) + adapter.frame.closing.count
    let prefix = substitute.map { "\(python($0.text)) + " } ?? ""
    let note =
      substitute.map {
        "\n# \(python($0.text)) (\(Counted($0.tokenCount, "token"))) replaces the context: the "
          + "text after it is not tokenized as a beginning."
      } ?? ""
    return """

      # The text of the template after \(promptPosition), without the \
      \(Counted(adapter.frame.closing.count, "token")) of the closing.\(note)
      \(messages)
      text = tokenizer.apply_chat_template(messages, tokenize=False, \
      add_generation_prompt=True, chat_template=open(\
      \"\(Self.folder)/\(RunFolder.chatTemplate)\").read()\(keywordArguments))
      ids = tokenizer(\(prefix)text.split("<context>", 1)[1], add_special_tokens=False,
                      return_tensors="pt").input_ids[:, \(start):]
      """
  }

  /// The position of the soft prompt in the template.
  var promptPosition: String {
    adapter.origin.contextPosition == .firstUserMessage ? "the context" : "the system message"
  }

  /// Python's conversation with a marker in place of the soft prompt.
  private var messages: String {
    if adapter.origin.contextPosition == .firstUserMessage {
      return #"messages = [{"role": "user", "content": "<context>\n\nyour prompt"}]"#
    }
    return """
      messages = [{"role": "system", "content": "<context>"},
                  {"role": "user", "content": "your prompt"}]
      """
  }

  /// Instructions for vLLM.
  var vLLM: String {
    let load = """
      from openai import OpenAI
      from safetensors.torch import load_file
      from vllm.utils.serial_utils import tensor2base64

      client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
      """
    // A server joins the parts of a user's message by its own rules, so only a system message can
    // be embeddings.
    guard adapter.origin.isChat, adapter.origin.contextPosition == .systemMessage else {
      return """
        \(server) The completions endpoint takes the \
        embeddings of everything, so those of the prompt follow the virtual tokens:

        ```python
        import torch
        \(load)

        virtual = load_file("adapter_model.safetensors")["prompt_embeddings"]
        rows = model.get_input_embeddings()(ids[0])  # of the base model, as above
        payload = tensor2base64(torch.cat([virtual.to(rows), rows]))
        client.completions.create(model=\(python(model.identifier)), prompt="", max_tokens=64,
                                  temperature=0, extra_body={"prompt_embeds": payload\(stopMember)})
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
          {"role": "user", "content": "your prompt"}], max_tokens=64, temperature=0\(extraBody))
      ```\(clockNote)
      """
  }

  /// The command that starts vLLM.
  var server: String {
    let revision = model.revision.map { " --revision \($0)" } ?? ""
    let template =
      adapter.foreignTemplate == nil
      ? "" : " --chat-template \(Self.folder)/\(RunFolder.chatTemplate)"
    let tokenizer = adapter.origin.tokenizer == nil ? "" : " --tokenizer \(Self.folder)"
    return "Start the server with `--enable-prompt-embeds --generation-config vllm"
      + "\(revision)\(tokenizer)\(template)`."
  }

  /// A note for a template that writes the date.
  private var clockNote: String {
    guard adapter.origin.templateSource?.contains("strftime_now") == true,
      let clock = adapter.origin.template.wallClock
    else { return "" }
    return "\n\nThe template writes the present time. The soft prompt was trained "
      + "after that of \(clock), which PEFT's form of the adapter holds."
  }

  /// The template's variables as further arguments of `apply_chat_template`.
  private var keywordArguments: String {
    adapter.origin.template.variables.values.members
      .map { ", \($0.key)=\(python($0.value))" }.joined()
  }

  /// The tokens that end an answer, as one more field of a request to vLLM's server.
  var stopMember: String { stopTokens.map { ", \"stop_token_ids\": \($0)" } ?? "" }

  /// The template's variables and the tokens that end an answer, as vLLM's server reads them.
  var extraBody: String {
    let variables = adapter.origin.template.variables
    var members: [String] = []
    if !variables.isEmpty {
      members.append("\"chat_template_kwargs\": \(python(.object(variables.values)))")
    }
    if let stopTokens { members.append("\"stop_token_ids\": \(stopTokens)") }
    guard !members.isEmpty else { return "" }
    return """
      ,
          extra_body={\(members.joined(separator: ", "))}
      """
  }

  /// A value as Python writes it.
  private func python(_ value: JSON) -> String {
    switch value {
    case .null: "None"
    case .bool(let bool): bool ? "True" : "False"
    case .integer, .unsigned, .number: value.text()
    case .string(let text): python(text)
    case .array(let elements): "[\(elements.map(python).joined(separator: ", "))]"
    case .object(let object):
      "{\(object.members.map { "\(python($0.key)): \(python($0.value))" }.joined(separator: ", "))}"
    }
  }

  /// A string literal of Python.
  func python(_ text: String) -> String {
    // JSON's escapes are Python's too.
    JSON.string(text).text()
  }
}
