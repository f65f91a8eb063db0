import Compute
import Foundation
import HuggingFace
import Inference
import JSON
import Safetensors
import TestSupport
import Testing
import Tokenizers
import Transformer

@testable import Distillation

/// The files of an adapter.
@Suite struct AdapterTests {
  /// The parent of the run's folder and of the model's.
  let parent: TemporaryFolder
  /// The folder that the adapter is written to.
  let run: RunFolder

  init() throws {
    parent = try TemporaryFolder()
    run = try RunFolder(parent.url.appending(path: "run"), mode: .create)
    try run.begin()
  }

  /// A prompt of two rows of width 2, with a header of one token and a closing of two.
  func adapter(
    isChat: Bool = false, variables: TemplateVariables = TemplateVariables(),
    model: ModelName = ModelName("org/model"), takesText: Bool = true
  ) throws -> Adapter {
    Adapter(
      prompt: LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
      frame: Frame(header: [7], closing: [8, 5]),
      virtualTokens: LearnedPrompt(embeddings: [9, 8, 1, 2, 3, 4, 7, 6, 5, 4], width: 2),
      origin: .init(
        model: model,
        template: TemplateChoice(isChat ? "chatml" : "raw", variables: variables), isChat: isChat,
        tokenizer: takesText ? try tokenizer() : nil, layerCount: 5, queryHeads: 8,
        stopIdentifiers: [12, 1],
        contextTokens: 40, fingerprints: RunRecords.fingerprints))
  }

  /// A model of two layers with one key/value head of width 3.
  static func configuration(width: Int) -> DecoderConfiguration {
    DecoderConfiguration(
      family: "llama", hiddenSize: width, layerCount: 2,
      heads: HeadShape(queryHeads: 2, keyValueHeads: 1, headDimension: 3), feedForwardSize: 4,
      vocabularySize: 9, maximumPositions: 64, normalization: .rms, normalizationEpsilon: 1e-5,
      position: .learned, feedForward: .gated(.silu), tiesEmbeddings: true)
  }

  /// The tokenizer of a model whose configuration names special tokens.
  func tokenizer() throws -> AdapterTokenizer? {
    let file = try parent.write("model/tokenizer.json", TinyTokenizer.json)
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"bos_token": "<bos>", "eos_token": {"content": "<|im_end|>"}, "pad_token": "<pad>",
       "legacy": false}
      """#)
    return try AdapterTokenizer(of: ModelFolder(at: file.deletingLastPathComponent()))
  }

  /// Writes the tensors and the README.md of an adapter.
  func write(_ adapter: Adapter) throws {
    try adapter.writeTensors(to: run)
    try adapter.writeReadme(
      to: run, metrics: RunRecords.metrics, options: TrainingOptions())
  }

  /// The text of a file of the run.
  func text(_ name: String) throws -> String {
    try String(contentsOf: run.url.appending(path: name), encoding: .utf8)
  }

  @Test func configurationIsThatOfPEFT() throws {
    try write(try adapter())
    let config = try JSON(parsing: Array(text("adapter_config.json").utf8))
    guard case .object(let members) = config else {
      Issue.record("expected an object")
      return
    }
    #expect(members["peft_type"] == .string("PROMPT_TUNING"))
    #expect(members["task_type"] == .string("CAUSAL_LM"))
    #expect(members["num_virtual_tokens"] == .integer(5))
    #expect(members["token_dim"] == .integer(2))
    #expect(members["num_layers"] == .integer(5))
    #expect(members["num_attention_heads"] == .integer(8))
    #expect(members["num_transformer_submodules"] == .integer(1))
    #expect(members["base_model_name_or_path"] == .string("org/model"))
    #expect(members["revision"] == .null)
    #expect(members["prompt_tuning_init"] == .string("RANDOM"))
  }

  @Test(arguments: [false, true])
  func theModelsRevisionIsAFieldOfItsOwn(isChat: Bool) throws {
    try write(try adapter(isChat: isChat, model: ModelName("org/model", revision: "refs/pr/1")))
    let config = try JSON(parsing: Array(text("adapter_config.json").utf8))
    guard case .object(let members) = config else {
      Issue.record("expected an object")
      return
    }
    #expect(members["base_model_name_or_path"] == .string("org/model"))
    #expect(members["revision"] == .string("refs/pr/1"))
    let file = try SafetensorsFile(contentsOf: run.url.appending(path: "soft_prompt.safetensors"))
    #expect(file.metadata["model"] == "org/model")
    #expect(file.metadata["model_revision"] == "refs/pr/1")
    let readme = try text("README.md")
    #expect(!readme.contains("@"))
    #expect(
      readme.contains(
        "AutoModelForCausalLM.from_pretrained(\"org/model\", revision=\"refs/pr/1\")"))
    #expect(
      readme.contains(
        "--enable-prompt-embeds --generation-config vllm --revision refs/pr/1 --tokenizer path/to/this/folder`"
      ))
    #expect(readme.contains("create(model=\"org/model\","))
  }

  @Test func virtualTokensHoldHeaderPromptAndClosing() throws {
    try write(try adapter())
    let file = try SafetensorsFile(
      contentsOf: run.url.appending(path: "adapter_model.safetensors"))
    #expect(file.tensors.keys.sorted() == ["prompt_embeddings"])
    #expect(
      try file.floats(of: "prompt_embeddings", shape: [5, 2])
        == [9, 8, 1, 2, 3, 4, 7, 6, 5, 4])
  }

  @Test func softPromptIsAFileOfItsOwn() throws {
    try write(try adapter())
    let file = try SafetensorsFile(contentsOf: run.url.appending(path: "soft_prompt.safetensors"))
    #expect(try file.floats(of: "soft_prompt", shape: [2, 2]) == [1, 2, 3, 4])
    #expect(file.metadata["model"] == "org/model")
    #expect(file.metadata["template"] == "raw")
    #expect(file.metadata["model_fingerprint"] == RunRecords.fingerprints.model)
    #expect(file.metadata["context_sha256"] == RunRecords.fingerprints.context)
  }

  @Test(arguments: [
    (EmbeddingSpace(), "rows like those of its embedding table"),
    (EmbeddingSpace(embeddingScale: 48), "rows of the embedding table times 48.0."),
    (EmbeddingSpace(inputMultiplier: 12), "before it multiplies all its inputs by 12.0."),
  ])
  func statesTheScalingOfItsVectors(
    space: EmbeddingSpace, sentence: String
  ) throws {
    var adapter = try adapter()
    adapter.origin.embeddingSpace = space
    try write(adapter)
    let file = try SafetensorsFile(contentsOf: run.url.appending(path: "soft_prompt.safetensors"))
    #expect(file.metadata["embedding_space"] == "inputs_embeds")
    #expect(file.metadata["embedding_scale"] == "\(space.embeddingScale)")
    #expect(file.metadata["input_multiplier"] == "\(space.inputMultiplier)")
    #expect(try text("README.md").contains(sentence))
  }

  @Test func theTokenizerGoesWithTheAdapter() throws {
    try write(try adapter())
    let model = try ModelFolder(at: parent.url.appending(path: "model"))
    let tokenizer = try #require(try model.tokenizer())
    let written = try Tokenizer(contentsOf: run.url.appending(path: "tokenizer.json"))
    for line in ["the cab has a bad back", "<bos>a<|im_end|>", " ;a  b\n"] {
      let ids = try tokenizer.encode(line, addingSpecialTokens: false)
      #expect(try written.encode(line, addingSpecialTokens: false) == ids)
    }
    guard
      case .object(let configuration) = try JSON(
        parsing: Array(text("tokenizer_config.json").utf8))
    else {
      Issue.record("expected an object")
      return
    }
    #expect(configuration["tokenizer_class"] == .string("PreTrainedTokenizerFast"))
    #expect(configuration["bos_token"] == .string("<bos>"))
    #expect(configuration["eos_token"] == .string("<|im_end|>"))
    let readme = try text("README.md")
    #expect(readme.contains(#"PreTrainedTokenizerFast.from_pretrained("path/to/this/folder")"#))
    #expect(!readme.contains("AutoTokenizer.from_pretrained"))
  }

  @Test func identifiersNeedNoTokenizer() throws {
    try write(try adapter(takesText: false))
    #expect(!FileManager.default.fileExists(atPath: run.url.path + "/tokenizer.json"))
    let readme = try text("README.md")
    #expect(!readme.contains("tokenizer."))
    #expect(readme.contains("ids = torch.tensor([[1, 2, 3]])"))
    #expect(readme.contains("print(answer.tolist())"))
  }
}
