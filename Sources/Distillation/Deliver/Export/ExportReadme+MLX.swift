import JSON

/// A prompt cache for mlx-lm.
extension ExportReadme {
  /// How mlx-lm reads the cache.
  var mlx: String {
    let (current, earlier) = (
      MLXPromptCache.Layout.current.fileName, MLXPromptCache.Layout.earlier.fileName
    )
    let files = """
      `\(current)` is a prompt cache for mlx-lm 0.32 or later, `\(earlier)` the same for earlier \
      versions. Both hold keys and values as \(export.weights), the type of the model's weights.
      """
    let isGGUF = ggufUsage != nil
    // The command line writes the model's own template, and a raw model's BOS once more. It loads
    // the model that the cache names, and refuses another.
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
}
