import ArgumentParser
import Foundation

/// A kind of input: its files, and the command that reads them.
enum FuzzTarget: String, CaseIterable, ExpressibleByArgument {
  case weights, index, config, tokenizer, template, inputs, context, yaml, adapter, checkpoint
  case gguf, tools

  /// What is changed, a file at a time; names in a ``FuzzPlace``.
  var files: [String] {
    switch self {
    case .weights: ["model/model.safetensors"]
    case .index: ["sharded/model.safetensors.index.json"]
    case .config:
      ["chat/config.json", "chat/generation_config.json", "chat/tokenizer_config.json"]
    case .tokenizer: ["model/tokenizer.json"]
    case .gguf: ["tiny.gguf"]
    case .tools: ["tools.json", "calls.jsonl"]
    case .template: ["chat/chat_template.jinja"]
    case .inputs: ["inputs.jsonl", "ids.jsonl"]
    case .context: ["context.txt", "context.json"]
    case .yaml: ["config.yaml"]
    case .adapter:
      [
        "run/adapter_config.json", "run/adapter_model.safetensors", "run/soft_prompt.safetensors",
        "cartridge/adapter_config.json", "cartridge/adapter_model.safetensors",
        "cartridge/cartridge.safetensors",
      ]
    case .checkpoint:
      ["run/checkpoint-2/state.json", "run/checkpoint-2/state.safetensors", "run/metrics.jsonl"]
    }
  }

  /// What is put into its files by name.
  var words: [String] {
    switch self {
    case .template:
      [
        "{{ 'ab' * 999999999 }}", "{% for i in range(999999999) %}x{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{{ messages|tojson(indent=99999) }}",
        "{{ '%999999999d' % 1 }}", "{{ 'a' | center(99999999999) }}",
        "{{ [1] | batch(99999999999) | list }}", "{{ 'a'.zfill(9223372036854775807) }}",
        "{{ 'a' | indent(9223372036854775807) }}", "{{ messages | slice(99999999999) | list }}",
        "{% set n = namespace(s='a') %}{% for i in range(64) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
        "{% set a = messages %}", "{% endif %}", "{{ undefined.x.y }}",
        "{{ raise_exception('no') }}", "{{ -9223372036854775808 // -1 }}", "{% break %}",
      ]
    case .yaml:
      [
        "\ntokens: 1e18", "\nthreads: 3000000", "\nmodel: true", "\nshuffle: 7", "\nloss: [js]",
        "\n? a\n: b", "\n*x", "\n&x y: *x", "\n!!binary x: y", "\nlearning-rate: .nan",
        "\ndevice: opencl:99.99", "\nbatch-size: -1", "\ninit: /dev/null", "\ntemplate: chatml",
      ]
    case .tokenizer:
      [
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a+)+$\"}, \"behavior\": \"Isolated\"}",
        "{\"type\": \"NFKC\"}", "{\"type\": \"Prepend\", \"prepend\": \"aaaa\"}",
      ]
    case .tools:
      [
        "NaN", "1e999", "\"[{\\\"name\\\": \\\"cab\\\"}]\"", "{\"name\": \"back\"}, ",
        "\"arguments\": \"{\\\"a\\\": \", ", "\"tool_calls\": {}, ", "\"tool_calls\": [[1]], ",
      ]
    default: []
    }
  }

  /// The command for a changed file of a place. `output` is not there yet, and may be made.
  func arguments(_ file: String, in place: FuzzPlace, output: URL) -> [String] {
    let device = ["--device", "cpu", "--threads", "1", "--quiet"]
    let generation = ["--prompt", "ab cab", "--max-tokens", "2"] + device
    func distillation(
      model: String = "model", context: String = "context.txt", inputs: String = "plain.jsonl"
    ) -> [String] {
      place.base.distillation(model: model, context: context, inputs: inputs)
        + ["--output", output.path, "--steps", "1"]
    }
    switch self {
    case .weights, .index:
      let model = self == .index ? "sharded" : "model"
      return ["logits", "--model", place.path(model), "--ids", "1,2,3", "--output", output.path]
        + device
    case .config, .template: return ["generate", "--model", place.path("chat")] + generation
    case .gguf: return ["generate", "--model", place.path(file)] + generation
    case .tools:
      let tools = ["--tools", place.path("tools.json"), "--template", place.path("tools.jinja")]
      return file == "calls.jsonl"
        ? distillation(inputs: file) + tools
        : ["generate", "--model", place.path("model"), "--context", place.path("context.txt")]
          + tools + generation
    case .tokenizer: return ["tokenize", "--model", place.path("model")]
    case .inputs:
      return file == "ids.jsonl"
        ? distillation(context: "context.json", inputs: file)
        : distillation(model: "chat", inputs: file)
    case .context:
      return distillation(
        context: file, inputs: file == "context.json" ? "ids.jsonl" : "plain.jsonl")
    case .yaml:
      return [
        "distill", "--config", place.path(file), "--output", output.path, "--steps", "1",
        "--threads", "1", "--quiet",
      ]
    case .adapter:
      if file.hasSuffix("soft_prompt.safetensors") {
        return distillation() + ["--init", place.path(file)]
      }
      if file.hasSuffix("cartridge.safetensors") {
        return distillation() + ["--method", "kv", "--init", place.path(file)]
      }
      let folder = file.hasPrefix("cartridge/") ? "cartridge" : "run"
      return ["generate", "--model", place.path("model"), "--adapter", place.path(folder)]
        + generation
    case .checkpoint:
      return place.base.distillation()
        + ["--output", place.path("run"), "--resume", "--steps", "3"]
    }
  }

  /// Standard input of the command.
  var input: String {
    self == .tokenizer ? "\"ab cab a\"\n\"\(String(repeating: "ab ", count: 400))\"\n\"é\"\n" : ""
  }
}
