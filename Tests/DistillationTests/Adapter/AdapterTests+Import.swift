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

/// Adapters read back from their files.
extension AdapterTests {
  @Test func bothFormsReadBack() throws {
    try write(try adapter())
    #expect(
      try AdapterImport(at: run.url, for: Self.configuration(width: 2))
        == .softPrompt(
          LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
          AdapterRecord(
            model: ModelName("org/model"), contextTokens: 40, template: TemplateChoice("raw"),
            frame: Frame(header: [7], closing: [8, 5]),
            modelFingerprint: RunRecords.fingerprints.model,
            contextDigest: RunRecords.fingerprints.context, reading: .present)))
    #expect(
      try PEFTFolder(run.url).virtualTokens(for: Self.configuration(width: 2))
        == adapter().virtualTokens)
    let file = run.url.appending(path: "adapter_model.safetensors")
    #expect(
      try AdapterImport(at: file, for: Self.configuration(width: 2))
        == .virtualTokens(try adapter().virtualTokens))
  }

  @Test func theTemplatesVariablesAreRecorded() throws {
    let variables = try TemplateVariables([
      "enable_thinking": .bool(false), "controls": .object(["length": .string("\"short\"")]),
    ])
    try write(try adapter(isChat: true, variables: variables))
    #expect(
      try AdapterImport(at: run.url, for: Self.configuration(width: 2))
        == .softPrompt(
          LearnedPrompt(embeddings: [1, 2, 3, 4], width: 2),
          AdapterRecord(
            model: ModelName("org/model"), contextTokens: 40,
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
    guard
      case .softPrompt(_, let record) = try AdapterImport(
        at: run.url, for: Self.configuration(width: 2))
    else {
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
        try AdapterImport(at: run.url, for: Self.configuration(width: 2))
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
      ) { try AdapterImport(at: run.url, for: Self.configuration(width: 2)) }
    }
  }

  @Test func adaptersOfAnotherWidthAreRefused() throws {
    try write(try adapter())
    let path = run.url.appending(path: "soft_prompt.safetensors").path
    expectError(
      "\(path): expected soft_prompt of shape [tokens, 3], as wide as the model, found [2, 2]"
    ) { try AdapterImport(at: run.url, for: Self.configuration(width: 3)) }
  }

  @Test func adaptersOfAnotherKindAreRefused() throws {
    let config = try parent.write(
      "lora/adapter_config.json", #"{"peft_type": "LORA", "num_virtual_tokens": 1}"#)
    expectError(
      "\(config.path): peft_type: expected PROMPT_TUNING, CARTRIDGE or PREFIX_TUNING, found LORA"
    ) {
      try AdapterImport(at: config.deletingLastPathComponent(), for: Self.configuration(width: 2))
    }
    let none = parent.url.appending(path: "none")
    expectError("\(none.path): expected the folder of an adapter, found nothing of the kind") {
      try AdapterImport(at: none, for: Self.configuration(width: 2))
    }
    expectError(
      "\(config.path): expected the folder of an adapter, found a file; name its folder"
    ) { try AdapterImport(at: config, for: Self.configuration(width: 2)) }
  }

  @Test func adaptersOfEarlierProgramsUseAnotherModelKey() throws {
    let url = run.url.appending(path: "soft_prompt.safetensors")
    try SafetensorsWriter.write(
      [("soft_prompt", [1, 2], [1, 2])], metadata: ["model_sha256": "abc"], to: url)
    guard
      case .softPrompt(_, let record) = try AdapterImport(
        at: run.url, for: Self.configuration(width: 2))
    else {
      Issue.record("expected a soft prompt")
      return
    }
    #expect(record.modelFingerprint == "abc")
  }
}
