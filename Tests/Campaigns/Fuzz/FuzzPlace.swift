import Foundation
import TestSupport

/// A folder with every input that is changed, and with a run that a distillation made from them.
struct FuzzPlace {
  let base: CampaignPlace
  /// The run of embeddings as it was made: a resumed run changes the copy that commands are given.
  private let pristine: URL

  private static let template = """
    {%- set ns = namespace(count=0) -%}
    {%- macro turn(role, text) -%}
    <|im_start|>{{ role }}{{ '\\n' }}{{ text | trim }}<|im_end|>{{ '\\n' }}
    {%- endmacro -%}
    {%- for message in messages -%}
    {%- if message['role'] == 'system' or loop.first and message.content is string -%}
    {{ turn(message['role'], message['content']) }}
    {%- elif message.content is not none -%}
    {%- set ns.count = ns.count + 1 -%}
    {{ turn(message.role, message.content[0:200].replace('#', '') ~ '') }}
    {%- endif -%}
    {%- endfor -%}
    {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
    {{- style if enable_thinking -}}
    """

  /// Writes tools beside the context, and calls.
  private static let toolTemplate = """
    {%- for m in messages -%}
    <|im_start|>{{ m.content or '' }}{{ tools | tojson if tools and m.role == 'system' }}
    {%- for c in m.tool_calls or [] -%}<tool_call>{{ (c.function or c) | tojson }}</tool_call>{%- endfor -%}
    <|im_end|>
    {%- endfor -%}{{ '<|im_start|>' if add_generation_prompt }}
    """

  init(program: URL, limits: ChildProcess.Limits) throws {
    base = try CampaignPlace()
    let (folder, manager) = (base.folder, FileManager.default)
    pristine = folder.url.appending(path: "pristine")
    try manager.copyItem(at: base.model, to: base.url("chat"))
    try folder.write("chat/chat_template.jinja", Self.template)
    try folder.write(
      "chat/generation_config.json",
      "{\"eos_token_id\": [8, 0], \"temperature\": 0.6, \"max_length\": 64}")
    try folder.write(
      "chat/tokenizer_config.json",
      """
      {"add_bos_token": true, "bos_token": {"content": "<bos>", "lstrip": false},
       "eos_token": "<|im_end|>", "tokenizer_class": "PreTrainedTokenizerFast",
       "model_max_length": 1000000000000000019884624838656}
      """)
    try folder.write("tiny.gguf", TinyGGUF.file.bytes)
    try folder.write("tools.jinja", Self.toolTemplate)
    try folder.write(
      "tools.json",
      """
      [{"type": "function", "function": {"name": "cab",
        "parameters": {"maximum": 3.5}}}]
      """)
    try folder.write(
      "calls.jsonl",
      #"""
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"name": "cab", "arguments": {"a": 1}}]}]}
      {"prompt": [{"role": "user", "content": "b"}], "completion": [{"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function": {"name": "cab", "arguments": "{\"a\": 2}"}}]}]}
      """#)
    try manager.copyItem(at: base.model, to: base.url("sharded"))
    let shard = "model-00001-of-00001.safetensors"
    try manager.moveItem(
      at: base.url("sharded/model.safetensors"), to: base.url("sharded/\(shard)"))
    let suffixes = [
      "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
      "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj",
      "mlp.down_proj",
    ]
    let layers = (0..<2).flatMap { layer in suffixes.map { "model.layers.\(layer).\($0).weight" } }
    let entries = (["model.embed_tokens.weight", "model.norm.weight"] + layers)
      .map { "\"\($0)\": \"\(shard)\"" }.joined(separator: ",\n")
    try folder.write(
      "sharded/model.safetensors.index.json",
      "{\"metadata\": {\"total_size\": 60000}, \"weight_map\": {\(entries)}}")
    try folder.write(
      "config.yaml",
      """
      model: \(path("chat"))
      context: \(path("context.txt"))
      inputs: \(path("plain.jsonl"))
      validation: 0
      device: cpu
      tokens: 2
      batch-size: 2
      response-tokens: 3
      learning-rate: 0.05
      shuffle: false
      template-variable: [enable_thinking=false, "style=\\"plain\\""]

      """)
    let arguments = base.distillation() + ["--output", path("run"), "--steps", "2"]
    let run = try ChildProcess(program, arguments, in: folder.url, limits: limits)
    guard run.ending == .exit(0) else { throw CampaignError(description: run.errors) }
    try manager.copyItem(at: base.url("run"), to: pristine)
    let cartridge = try ChildProcess(
      program,
      base.distillation() + ["--output", path("cartridge"), "--steps", "1", "--method", "kv"],
      in: folder.url, limits: limits)
    guard cartridge.ending == .exit(0) else { throw CampaignError(description: cartridge.errors) }
  }

  func path(_ name: String) -> String { base.url(name).path }

  /// Brings the run back to what it was.
  func restoreRun() throws {
    try FileManager.default.removeItem(at: base.url("run"))
    try FileManager.default.copyItem(at: pristine, to: base.url("run"))
  }
}

/// Why a campaign could not begin.
struct CampaignError: Error, CustomStringConvertible {
  let description: String
}
