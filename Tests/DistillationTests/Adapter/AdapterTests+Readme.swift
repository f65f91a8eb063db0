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

/// The run's README.md.
extension AdapterTests {
  @Test(arguments: [false, true])
  func theLinesGiveTheSameAnswerAsPith(isChat: Bool) throws {
    try write(try adapter(isChat: isChat))
    let readme = try text("README.md")
    // The model's own configuration may use beams or forbid repetitions, and may lack the token
    // that ends a turn.
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
    let folder = try ModelFolder(at: model)
    #expect(try ModelName(parsing: model.path + "/../m/", of: folder).identifier == model.path)
    #expect(try ModelName(parsing: ".", of: folder).identifier == here)
    #expect(try ModelName(parsing: "org/model", of: folder).identifier == "org/model")
  }

  @Test func oneOfEachIsNoPlural() throws {
    var one = try adapter()
    one.prompt = LearnedPrompt(embeddings: [1, 2], width: 2)
    one.frame = Frame()
    one.virtualTokens = one.prompt
    var metrics = RunRecords.metrics
    metrics.pseudoTokens = 1
    try one.writeTensors(to: run)
    try one.writeReadme(to: run, metrics: metrics, options: TrainingOptions())
    let readme = try text("README.md")
    #expect(readme.hasPrefix("# 1 pseudo-token in place of 40 tokens\n"))
    #expect(readme.contains("1 vector replaces a context of 40 tokens"))
    #expect(readme.contains("of 1 virtual token:"))
  }

  @Test func readmeSaysHowToLoadIt() throws {
    try write(try adapter())
    let raw = try text("README.md")
    #expect(
      raw.contains("2 vectors replace a context of 40 tokens, 20.0 times fewer"))
    #expect(raw.contains("| KL to the full context | 0.5000 | 0.1000 |  | 0 |"))
    #expect(raw.contains("tokenizer(\"your prompt\", add_special_tokens=False"))
    #expect(raw.contains("batch-size: 16"))
    var merged = try adapter(isChat: true)
    merged.origin.contextPosition = .firstUserMessage
    try write(merged)
    let readme = try text("README.md")
    #expect(readme.contains(#"[{"role": "user", "content": "<context>\n\nyour prompt"}]"#))
    #expect(!readme.contains("\"role\": \"system\""))
    try write(try adapter(isChat: true))
    let chat = try text("README.md")
    #expect(chat.contains("return_tensors=\"pt\").input_ids[:, 2:]"))
    #expect(!chat.contains("replaces the context"))
    var substituted = try adapter(isChat: true)
    substituted.origin.substitute = ContextSubstitute(text: "x", tokenCount: 1)
    try write(substituted)
    let other = try text("README.md")
    #expect(other.contains("# \"x\" (1 token) replaces the context"))
    #expect(
      other.contains(
        #"ids = tokenizer("x" + text.split("<context>", 1)[1], add_special_tokens=False"#))
    #expect(other.contains("return_tensors=\"pt\").input_ids[:, 3:]"))
    #expect(chat.contains("{\"type\": \"prompt_embeds\", \"data\": tensor2base64(sigma)}"))
  }
}
