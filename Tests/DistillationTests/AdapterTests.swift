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

@Suite struct AdapterTests {
  private let parent: TemporaryFolder
  private let run: RunFolder

  init() throws {
    parent = try TemporaryFolder()
    run = try RunFolder(parent.url.appending(path: "run"), mode: .create)
    try run.begin()
  }

  private func adapter(
    isChat: Bool = false, variables: TemplateVariables = TemplateVariables(),
    model: ModelName = ModelName("org/model"), takesText: Bool = true
  ) throws -> Adapter {
    Adapter(
      prompt: LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
      frame: Frame(header: [7], closing: [8, 5]), headerEmbeddings: [9, 8],
      closingEmbeddings: [7, 6, 5, 4],
      origin: .init(
        model: model,
        template: TemplateChoice(isChat ? "chatml" : "raw", variables: variables), isChat: isChat,
        tokenizer: takesText ? try tokenizer() : nil, layerCount: 5, queryHeads: 8,
        stopIdentifiers: [12, 1],
        contextTokens: 40, fingerprints: RunRecords.fingerprints))
  }

  private func tokenizer() throws -> AdapterTokenizer? {
    let file = try parent.write("model/tokenizer.json", TinyTokenizer.json)
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"bos_token": "<bos>", "eos_token": {"content": "<|im_end|>"}, "pad_token": "<pad>",
       "legacy": false}
      """#)
    return try AdapterTokenizer(of: ModelFolder(at: file.deletingLastPathComponent()))
  }

  private func write(_ adapter: Adapter) throws {
    try adapter.writeTensors(to: run)
    try adapter.writeReadme(
      to: run, metrics: RunRecords.metrics, options: TrainingOptions())
  }

  private func text(_ name: String) throws -> String {
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
  func theModelsRevisionStandsInAFieldOfItsOwn(isChat: Bool) throws {
    try write(try adapter(isChat: isChat, model: ModelName(parsing: "org/model@refs/pr/1")))
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

  @Test func softPromptStandsAlone() throws {
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
  func saysWhereItsVectorsStandAmongTheModelsScales(
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

  @Test func bothFormsReadBack() throws {
    try write(try adapter())
    #expect(
      try AdapterImport(at: run.url, width: 2)
        == .softPrompt(
          LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
          AdapterRecord(
            template: TemplateChoice("raw"),
            frame: Frame(header: [7], closing: [8, 5]),
            modelFingerprint: RunRecords.fingerprints.model,
            contextDigest: RunRecords.fingerprints.context, reading: .present)))
    #expect(
      try AdapterImport.exported(in: run.url, width: 2)
        == .virtualTokens(try adapter().virtualTokens))
    let file = run.url.appending(path: "adapter_model.safetensors")
    #expect(
      try AdapterImport(at: file, width: 2) == .virtualTokens(try adapter().virtualTokens))
  }

  @Test func whatTheTemplateWasToldIsRecorded() throws {
    let variables = try TemplateVariables([
      "enable_thinking": .bool(false), "controls": .object(["length": .string("\"short\"")]),
    ])
    try write(try adapter(isChat: true, variables: variables))
    #expect(
      try AdapterImport(at: run.url, width: 2)
        == .softPrompt(
          LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
          AdapterRecord(
            template: TemplateChoice("chatml", variables: variables),
            frame: Frame(header: [7], closing: [8, 5]),
            modelFingerprint: RunRecords.fingerprints.model,
            contextDigest: RunRecords.fingerprints.context, reading: .present)))
    let readme = try text("README.md")
    let inPython = #"{"length": "\"short\""}"#
    #expect(
      readme.contains(
        "add_generation_prompt=True, chat_template=open(\"path/to/this/folder/chat_template.jinja\").read(), controls=\(inPython), enable_thinking=False)"
      ))
    #expect(
      readme.contains(
        "extra_body={\"chat_template_kwargs\": "
          + "{\"controls\": \(inPython), \"enable_thinking\": False}, \"stop_token_ids\": [1, 12]})"
      ))
  }

  @Test func theMomentOfATemplateIsRecorded() throws {
    var adapter = try adapter(isChat: true)
    adapter.origin.template.wallClock = "2026-11-23T23:59:58"
    try write(adapter)
    guard case .softPrompt(_, let record) = try AdapterImport(at: run.url, width: 2) else {
      Issue.record("expected a soft prompt")
      return
    }
    #expect(record.template == adapter.origin.template)
    #expect(record.template?.wallClock == "2026-11-23T23:59:58")
  }

  @Test func aRecordOfNoIdentifiersIsRefused() throws {
    let url = run.url.appending(path: "soft_prompt.safetensors")
    for text in ["", "{}", "[1, \"a\"]"] {
      try SafetensorsWriter.write(
        [("soft_prompt", [1, 2], [1, 2])], metadata: ["header_ids": "[]", "closing_ids": text],
        to: url)
      expectError("\(url.path): expected closing_ids with a list of ids, found \(text)") {
        try AdapterImport(at: run.url, width: 2)
      }
    }
  }

  @Test func aRecordOfNoVariablesIsRefused() throws {
    let url = run.url.appending(path: "soft_prompt.safetensors")
    for text in ["{", "[]", #"{"a b": 1}"#] {
      try SafetensorsWriter.write(
        [("soft_prompt", [1, 2], [1, 2])],
        metadata: ["template": "chatml", "template_variables": text], to: url)
      expectError(
        "\(url.path): expected template_variables with an object of names and values, found \(text)"
      ) { try AdapterImport(at: run.url, width: 2) }
    }
  }

  @Test func adaptersOfAnotherWidthAreRefused() throws {
    try write(try adapter())
    let path = run.url.appending(path: "soft_prompt.safetensors").path
    expectError(
      "\(path): expected soft_prompt of shape [tokens, 3], as wide as the model, found [2, 2]"
    ) { try AdapterImport(at: run.url, width: 3) }
  }

  @Test func adaptersOfAnotherKindAreRefused() throws {
    let config = try parent.write(
      "lora/adapter_config.json", #"{"peft_type": "LORA", "num_virtual_tokens": 1}"#)
    expectError("\(config.path): peft_type: expected PROMPT_TUNING, found LORA") {
      try AdapterImport(at: config.deletingLastPathComponent(), width: 2)
    }
    let none = parent.url.appending(path: "none")
    expectError("\(none.path): expected the folder of an adapter, found nothing of the kind") {
      try AdapterImport(at: none, width: 2)
    }
    expectError(
      "\(config.path): expected the folder of an adapter, found a file; name its folder"
    ) { try AdapterImport(at: config, width: 2) }
  }

  @Test func adaptersOfEarlierProgramsNameTheModelOtherwise() throws {
    let url = run.url.appending(path: "soft_prompt.safetensors")
    try SafetensorsWriter.write(
      [("soft_prompt", [1, 2], [1, 2])], metadata: ["model_sha256": "abc"], to: url)
    guard case .softPrompt(_, let record) = try AdapterImport(at: run.url, width: 2) else {
      Issue.record("expected a soft prompt")
      return
    }
    #expect(record.modelFingerprint == "abc")
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

  @Test(arguments: [false, true])
  func theLinesAskForTheAnswerThatPithGives(isChat: Bool) throws {
    try write(try adapter(isChat: isChat))
    let readme = try text("README.md")
    // The model's own configuration may have beams or forbid repetitions, and need not know the token that ends a turn.
    #expect(
      readme.contains(
        "model.generation_config = GenerationConfig(do_sample=False, max_new_tokens=64, eos_token_id=[1, 12])"
      ))
    #expect(readme.contains("generate(input_ids=ids, attention_mask=torch.ones_like(ids))"))
    #expect(readme.contains("\"stop_token_ids\": [1, 12]}"))
    #expect(readme.contains("--generation-config vllm"))
    #expect(readme.contains("answer = output[0, ids.shape[1]:]"))
  }

  @Test func aFolderIsNamedByItsWholePath() throws {
    let model = parent.url.appending(path: "m")
    try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
    let here = FileManager.default.currentDirectoryPath
    #expect(try ModelName(parsing: model.path + "/../m/").identifier == model.path)
    #expect(try ModelName(parsing: ".").identifier == here)
    #expect(try ModelName(parsing: "org/model").identifier == "org/model")
  }

  @Test func oneOfEachIsNoPlural() throws {
    var one = try adapter()
    one.prompt = LearnedPrompt(embeddings: [1, 2], width: 2)
    one.frame = Frame()
    one.headerEmbeddings = []
    one.closingEmbeddings = []
    var metrics = RunRecords.metrics
    metrics.pseudoTokens = 1
    try one.writeTensors(to: run)
    try one.writeReadme(to: run, metrics: metrics, options: TrainingOptions())
    let readme = try text("README.md")
    #expect(readme.hasPrefix("# 1 pseudo-token in place of 40 tokens\n"))
    #expect(readme.contains("1 vector stands in the place of a context of 40 tokens"))
    #expect(readme.contains("of 1 virtual token:"))
  }

  @Test func readmeSaysHowToLoadIt() throws {
    try write(try adapter())
    let raw = try text("README.md")
    #expect(
      raw.contains("2 vectors stand in the place of a context of 40 tokens, 20.0 times fewer"))
    #expect(raw.contains("| KL to the full context | 0.5000 | 0.1000 |  | 0 |"))
    #expect(raw.contains("tokenizer(\"your prompt\", add_special_tokens=False"))
    #expect(raw.contains("batch-size: 16"))
    var merged = try adapter(isChat: true)
    merged.origin.contextPlace = .firstUserMessage
    try write(merged)
    let readme = try text("README.md")
    #expect(readme.contains(#"[{"role": "user", "content": "<context>\n\nyour prompt"}]"#))
    #expect(!readme.contains("\"role\": \"system\""))
    try write(try adapter(isChat: true))
    let chat = try text("README.md")
    #expect(chat.contains("return_tensors=\"pt\").input_ids[:, 2:]"))
    #expect(!chat.contains("stands for the context"))
    var standing = try adapter(isChat: true)
    standing.origin.standIn = StandIn(text: "x", tokenCount: 1)
    try write(standing)
    let behind = try text("README.md")
    #expect(behind.contains("# \"x\" (1 token) stands for the context"))
    #expect(
      behind.contains(
        #"ids = tokenizer("x" + text.split("<context>", 1)[1], add_special_tokens=False"#))
    #expect(behind.contains("return_tensors=\"pt\").input_ids[:, 3:]"))
    #expect(chat.contains("{\"type\": \"prompt_embeds\", \"data\": tensor2base64(sigma)}"))
  }
}
