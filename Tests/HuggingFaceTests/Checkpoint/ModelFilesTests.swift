import TestSupport
import Testing

@testable import HuggingFace

/// The error for a folder that lacks a file of every model.
@Suite struct ModelFilesTests {
  @Test(arguments: [
    ([], "neither"),
    (["training_args.bin", "optimizer.pt", "rng_state.pth"], "neither"),
    (["optimizer.bin", "pytorch_model.bin"], "pytorch_model.bin, pickles of PyTorch; "),
    (["pytorch_model-00001-of-00002.bin"], "pytorch_model-00001-of-00002.bin, pickles"),
    (["consolidated.safetensors", "params.json"], "consolidated.safetensors, weights in the publ"),
    (["consolidated.00.pth"], "consolidated.00.pth, weights in the publisher's own format"),
    (
      ["model.fp16.safetensors"],
      "model.fp16.safetensors, the variant fp16; rename it to model.safetensors"
    ),
    (
      ["model.fp16-00001-of-00002.safetensors", "model.fp16-00002-of-00002.safetensors"],
      "model.fp16-00001-of-00002.safetensors, the variant fp16 in shards; load it in transformers "
        + "with variant=\"fp16\""
    ),
    (
      ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
      "model-00001-of-00002.safetensors without the index; fetch model.safetensors.index.json too"
    ),
    (["weights.safetensors"], "weights.safetensors; rename it to model.safetensors"),
    (["a.safetensors", "b.safetensors", "c.safetensors"], "a.safetensors and 2 more; an index"),
    (
      ["adapter_config.json", "adapter_model.bin"], "adapter_model.bin, an adapter without its mod"
    ),
    (["Model-Q4.GGUF"], "Model-Q4.GGUF, a GGUF file of llama.cpp; "),
    (["model.safetensors.incomplete"], "model.safetensors.incomplete, an unfinished download"),
    (["tf_model.h5"], "tf_model.h5; only the safetensors format is read"),
  ])
  func weights(names: [String], found: String) {
    #expect(ModelFiles(names).insteadOfWeights().hasPrefix(found))
  }

  @Test(arguments: [
    (["config.json"], "no such file"),
    (["tokenizer.model"], "tokenizer.model, a SentencePiece model; AutoTokenizer.from_pretrained"),
    (["merges.txt", "vocab.json"], "vocab.json and merges.txt; AutoTokenizer.from_pretrained"),
    (["qwen.tiktoken"], "qwen.tiktoken, ranks of tiktoken; "),
    (["tekken.json"], "tekken.json of Mistral's own format; "),
    (["vocab.txt"], "vocab.txt; "),
    (["m.gguf"], "m.gguf, a GGUF file of llama.cpp; "),
  ])
  func tokenizer(names: [String], found: String) {
    #expect(ModelFiles(names).insteadOfTokenizer().hasPrefix(found))
  }

  @Test(arguments: [
    ([], "an empty folder"),
    (["notes.txt"], "no such file"),
    (["model.safetensors"], "weights alone; fetch config.json and tokenizer.json too"),
    (["model_index.json"], "model_index.json, a pipeline of diffusers"),
    (["a.gguf"], "a.gguf, a GGUF file of llama.cpp"),
    (["adapter_config.json"], "an adapter without a model; name the model, its model, and this"),
  ])
  func configuration(names: [String], found: String) {
    #expect(ModelFiles(names).insteadOfConfiguration().hasPrefix(found))
  }

  @Test("an adapter says its kind and its model, and a folder around a model names it")
  func folders() throws {
    let folder = try TemporaryFolder()
    let model = try ModelFolder(at: folder.url)
    func refusal() -> String {
      do {
        _ = try model.config()
        return "read"
      } catch { return "\(error)".replacing(folder.url.path, with: "FOLDER") }
    }
    try folder.write("snapshots/abc/config.json", "{}")
    #expect(
      refusal() == "FOLDER: expected config.json, found one in snapshots/abc; name that folder")
    try folder.write("small/config.json", "{}")
    #expect(refusal() == "FOLDER: expected config.json, found one in small; name that folder")
    try folder.write(
      "adapter_config.json", #"{"peft_type": "PROMPT_TUNING", "base_model_name_or_path": "org/m"}"#)
    #expect(
      refusal()
        == "FOLDER: expected config.json, found an adapter (PROMPT_TUNING) without a model; name "
        + "the model, org/m, and this folder as its adapter")
    try folder.write("adapter_config.json", #"{"peft_type": "LORA"}"#)
    #expect(
      refusal()
        == "FOLDER: expected config.json, found an adapter (LORA) without a model; load it on its "
        + "model in PEFT, merge it with merge_and_unload and save the model")
  }
}
