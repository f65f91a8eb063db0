/// Prompt embeddings for vLLM.
extension ExportReadme {
  /// How a client sends the embeddings.
  var vLLM: String {
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
}
