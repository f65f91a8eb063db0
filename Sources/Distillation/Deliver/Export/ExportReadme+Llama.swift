/// Rows and a program for llama.cpp.
extension ExportReadme {
  /// A word of a shell's command, quoted where it needs that.
  private static func word(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z0-9._\/+-]+/) == nil ? quoted(text) : text
  }

  private static func quoted(_ text: String) -> String {
    "'\(text.replacing("'", with: #"'\''"#))'"
  }

  /// How the program is built and run.
  var llama: String {
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
