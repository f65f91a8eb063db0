import HuggingFace
import JSON

/// The `README.md` of an export: how its program uses it.
struct ExportReadme {
  let export: Export

  private var adapter: Adapter { export.adapter }
  private var usage: AdapterUsage { AdapterUsage(adapter: adapter) }
  private var model: ModelName { adapter.origin.model }

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

  private var ggufUsage: GGUFUsage? {
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

  // MARK: mlx-lm

  private var mlx: String {
    let (current, earlier) = (
      MLXPromptCache.Layout.current.fileName, MLXPromptCache.Layout.earlier.fileName
    )
    let files = """
      `\(current)` is a prompt cache for mlx-lm 0.32 or later, `\(earlier)` the same for earlier \
      versions. Both hold keys and values as \(export.weights), the type of the model's weights.
      """
    let isGGUF = ggufUsage != nil
    // The command line writes the model's own template, and a raw model's BOS once more. It loads the
    // model that the cache names, and refuses another.
    guard !isGGUF, adapter.origin.isChat, adapter.origin.template.name == "auto" else {
      let reason =
        isGGUF
        ? "mlx-lm reads no GGUF files, so the model is needed in MLX's own format, whose weights differ from the "
          + "file's. The command line would load the file, so the cache is used from Python"
        : "The command line would put the model's own template or a BOS token behind the cache, so the cache is "
          + "used from Python"
      return """
        \(files)

        \(reason), loaded anew for each prompt:

        ```python
        from mlx_lm import generate, load
        from mlx_lm.models.cache import load_prompt_cache
        \(tokenizerImport)
        model, mlx_tokenizer = load(\(usage.python(isGGUF ? "path/to/the/model/for/mlx" : model.identifier)))
        \(usage.promptCode)
        cache = load_prompt_cache("path/to/this/folder/\(current)")
        print(generate(model, mlx_tokenizer, ids[0].tolist(), prompt_cache=cache, max_tokens=64))
        ```
        """
    }
    let variables = adapter.origin.template.variables
    let option =
      variables.isEmpty
      ? "" : " --chat-template-config '\(JSON.object(variables.values).text())'"
    return """
      \(files)

      ```sh
      mlx_lm.generate --prompt-cache-file \(current) --prompt "your prompt" --temp 0\(option)
      ```

      The file names the model. It also holds the template up to the user's text \
      (\(Counted(export.turn.count, "token")) after the closing), because the command line feeds \
      only what follows.
      """
  }

  private var tokenizerImport: String {
    adapter.origin.tokenizer == nil
      ? "import torch"
      : """
      from transformers import PreTrainedTokenizerFast

      tokenizer = PreTrainedTokenizerFast.from_pretrained("path/to/this/folder")
      """
  }

  // MARK: vLLM

  private var vLLM: String {
    let scale =
      export.rowScale == 1
      ? ""
      : " For this model they are divided by \(export.rowScale), by which vLLM multiplies them."
    if export.isSystemMessage {
      return """
        `\(Export.embedsName)` is the soft prompt alone, [\(adapter.prompt.form.tokenCount), \
        \(export.decoder.configuration.hiddenSize)] f32, as vLLM takes prompt embeddings: the base64 of \
        what `torch.save` writes.\(scale)

        \(usage.server) The server writes the template around the soft prompt, which is the system message:

        ```python
        from openai import OpenAI

        client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
        client.chat.completions.create(model=\(usage.python(model.identifier)), messages=[
            {"role": "system", "content": [
                {"type": "prompt_embeds", "data": open("\(Export.embedsName)").read()}]},
            {"role": "user", "content": "your prompt"}], max_tokens=64, temperature=0\(usage.extraBody))
        ```
        """
    }
    let division = export.rowScale == 1 ? "" : " / \(export.rowScale)"
    return """
      `\(Export.embedsName)` holds the embeddings of everything before the prompt, \
      [\(adapter.virtualTokens.form.tokenCount), \(export.decoder.configuration.hiddenSize)] f32: \
      the base64 of what `torch.save` writes.\(scale)

      \(usage.server) The completions endpoint takes the embeddings of everything, so those of the \
      prompt follow; `model` is the base model in transformers:

      ```python
      import base64, io, torch
      from openai import OpenAI
      \(tokenizerImport)
      \(usage.promptCode)
      data = base64.b64decode(open("\(Export.embedsName)").read())
      rows = torch.load(io.BytesIO(data), weights_only=True)
      rows = torch.cat([rows, model.get_input_embeddings()(ids[0]).float()\(division)])
      buffer = io.BytesIO()
      torch.save(rows, buffer)
      client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
      client.completions.create(
          model=\(usage.python(model.identifier)), prompt="", max_tokens=64, temperature=0,
          extra_body={"prompt_embeds": base64.b64encode(buffer.getvalue()).decode()\(usage.stopMember)})
      ```
      """
  }

  // MARK: llama.cpp

  /// A word of a shell's command.
  private static func word(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z0-9._\/+-]+/) == nil ? quoted(text) : text
  }

  private static func quoted(_ text: String) -> String {
    "'\(text.replacing("'", with: #"'\''"#))'"
  }

  private var llama: String {
    let identity = ggufUsage?.identity
    let name = identity.map { Self.word($0.file) } ?? "MODEL.gguf"
    let file = identity.map { "`\($0.file)`" } ?? "a GGUF file of `\(model.identifier)`"
    let loss =
      identity == nil
      ? " A quantised model is another one than that of the training, and the prompt may lose by it."
      : ""
    let scale =
      export.rowScale == 1
      ? ""
      : " For this model they are divided by \(export.rowScale), by which llama.cpp multiplies them."
    let text =
      export.promptText.map { text in
        """
        For example:

        ```sh
        ./soft_prompt \(name) \(LlamaProgram.rowsName) \(Self.quoted(text))
        ```
        """
      } ?? "The adapter was trained on token ids, which the program does not take."
    return """
      llama.cpp has no file for soft prompts, so `\(LlamaProgram.rowsName)` holds the embeddings of \
      everything before the prompt, [\(adapter.virtualTokens.form.tokenCount), \
      \(export.decoder.configuration.hiddenSize)] f32 without a header, and `\(LlamaProgram.name)` \
      gives them to the model, \(file).\(scale)

      ```sh
      cc -O2 -I llama.cpp/include -I llama.cpp/ggml/include \(LlamaProgram.name) -o soft_prompt \\
        -L llama.cpp/build/bin -lllama -Wl,-rpath,llama.cpp/build/bin
      ./soft_prompt \(name) \(LlamaProgram.rowsName) TEXT [TOKENS]
      ```

      `TEXT` is what follows the closing, up to the answer, with the template's own marks; no special \
      token is added to it.\(loss)

      \(text)
      """
  }
}
