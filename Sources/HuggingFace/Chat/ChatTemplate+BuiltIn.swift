extension ChatTemplate {
  /// The names of the templates of ``builtIn(named:)``.
  package static let builtInNames = ["chatml", "llama3"]

  /// A built-in template, by its name; nil where there is none of that name.
  ///
  /// - `chatml`: every message between `<|im_start|>` and `<|im_end|>`.
  /// - `llama3`: the format of Llama 3, with its headers and `<|eot_id|>`.
  ///
  /// - Throws: as the parsing of a template.
  package static func builtIn(named name: String) throws(ChatTemplateError) -> ChatTemplate? {
    let source: String? =
      switch name {
      case "chatml": chatML
      case "llama3": llama3
      default: nil
      }
    guard let source else { return nil }
    return try ChatTemplate(source: source, location: "template \(name)", specialTokens: [:])
  }

  /// The special tokens that a built-in template writes; empty for another one.
  var builtInTokens: [String] {
    switch source {
    case Self.chatML: ["<|im_start|>", "<|im_end|>"]
    case Self.llama3:
      ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    default: []
    }
  }

  private static let chatML = """
    {%- for message in messages %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ (message.content or '') ~ '<|im_end|>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}
        {{- '<|im_start|>assistant\\n' }}
    {%- endif %}
    """

  private static let llama3 = """
    {{- '<|begin_of_text|>' }}
    {%- for message in messages %}
        {{- '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\\n\\n' }}
        {{- (message.content or '') | trim ~ '<|eot_id|>' }}
    {%- endfor %}
    {%- if add_generation_prompt %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
    {%- endif %}
    """
}
