import Foundation
import Safetensors
import TestSupport
import Testing

@testable import HuggingFace

@Suite("ModelFolder")
struct ModelFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> ModelFolder { try ModelFolder(at: folder.url) }

  @Test("a path that leads nowhere, or to a file")
  func noFolder() throws {
    let missing = folder.url.appending(path: "absent")
    #expect(throws: ModelFolderError.missing(missing.path)) { try ModelFolder(at: missing) }
    let file = try folder.write("model.safetensors", "")
    #expect(
      throws: ModelFolderError.notAFolder(file.path, found: "an empty file; fetch it again")
    ) { try ModelFolder(at: file) }
    try folder.write("config.json", "{}")
    #expect(
      throws: ModelFolderError.notAFolder(
        file.path, found: "a file; name its folder \(folder.url.path)")
    ) { try ModelFolder(at: file) }
  }

  @Test("a configuration that is missing or damaged")
  func config() throws {
    #expect {
      try open().config()
    } throws: { "\($0)" == "\(folder.url.path): expected config.json, found an empty folder" }
    try folder.write("config.json", "{\"model_type\": \"llama\",}")
    #expect {
      try open().config()
    } throws: { error in
      "\(error)" == "\(folder.url.path)/config.json: line 1, column 24: "
        + "expected a key in quotes, found \"}\""
    }
    try folder.write("config.json", "{\"model_type\": \"llama\"}")
    #expect(try open().config().required("model_type") == "llama")
  }

  @Test("a folder without a tokenizer")
  func noTokenizer() throws {
    let tokenizer = try open().tokenizer()
    #expect(tokenizer == nil)
    #expect(try open().tokenizerConfiguration().specialTokens.isEmpty)
  }

  @Test("end, begin and pad tokens: a number or a list, generation_config.json before config.json")
  func generation() throws {
    #expect(try open().generationConfiguration().endIdentifiers == [])
    try folder.write(
      "config.json", #"{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": null}"#)
    let plain = try open().generationConfiguration()
    #expect(plain.beginIdentifier == 1 && plain.endIdentifiers == [2] && plain.padIdentifier == nil)
    try folder.write("generation_config.json", #"{"eos_token_id": [7, 8], "pad_token_id": 9}"#)
    let chat = try open().generationConfiguration()
    #expect(chat.beginIdentifier == 1 && chat.endIdentifiers == [7, 8] && chat.padIdentifier == 9)
    try folder.write("generation_config.json", #"{"eos_token_id": "</s>"}"#)
    #expect {
      try open().generationConfiguration()
    } throws: { error in
      "\(error)" == "\(folder.url.path)/generation_config.json: eos_token_id: "
        + "expected an integer, found the string \"</s>\""
    }
  }

  @Test("the tokenizer's end token where no configuration has one")
  func endOfTheTokenizer() throws {
    try folder.write("tokenizer.json", TinyTokenizer.json)
    try folder.write("tokenizer_config.json", #"{"eos_token": {"content": "<|im_end|>"}}"#)
    #expect(try open().generationConfiguration().endIdentifiers == [8])
    // A token that the file lacks is added after all others, as in transformers.
    try folder.write("tokenizer_config.json", #"{"eos_token": "<none>"}"#)
    let added = try open().generationConfiguration().endIdentifiers
    #expect(try added == [#require(open().tokenizer()?.identifier(of: "<none>"))])
    try folder.write("special_tokens_map.json", #"{"eos_token": "<bos>"}"#)
    try folder.write("tokenizer_config.json", "{}")
    #expect(try open().generationConfiguration().endIdentifiers == [0])
    try folder.write("generation_config.json", #"{"eos_token_id": 7}"#)
    #expect(try open().generationConfiguration().endIdentifiers == [7])
  }

  @Test("special tokens as text or as object; the older file counts where no tokens are added")
  func specialTokens() throws {
    try folder.write(
      "tokenizer_config.json", #"{"bos_token": {"content": "<s>"}, "eos_token": "</s>"}"#)
    try folder.write("special_tokens_map.json", #"{"eos_token": "<end>", "pad_token": "<pad>"}"#)
    let configuration = try open().tokenizerConfiguration()
    #expect(
      configuration.specialTokens
        == ["bos_token": "<s>", "eos_token": "<end>", "pad_token": "<pad>"])
    #expect(configuration.chatTemplate == nil)
    try folder.write(
      "tokenizer_config.json",
      #"{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "added_tokens_decoder": {}}"#)
    #expect(
      try open().tokenizerConfiguration().specialTokens
        == ["bos_token": "<s>", "eos_token": "</s>"])
  }

  @Test("a fingerprint tells weights, shapes and configurations apart, not their white space")
  func fingerprint() throws {
    func fingerprint(_ config: String, _ shape: [Int], _ weights: [Float]) throws -> String {
      try folder.write("config.json", config)
      try SafetensorsWriter.write(
        [("w", shape, weights)], to: folder.url.appending(path: "model.safetensors"))
      return try open().fingerprint()
    }
    let first = try fingerprint(#"{"a": 1, "b": 2}"#, [2, 1], [1, 2])
    #expect(first.count == 64)
    #expect(try fingerprint("{\"b\":2,\n\"a\":1}", [2, 1], [1, 2]) == first)
    #expect(try fingerprint(#"{"a": 1, "b": 3}"#, [2, 1], [1, 2]) != first)
    #expect(try fingerprint(#"{"a": 1, "b": 2}"#, [1, 2], [1, 2]) != first)
    #expect(try fingerprint(#"{"a": 1, "b": 2}"#, [2, 1], [1, 3]) != first)
  }

  /// Opening a pipe waits for its writer, and a device such as /dev/zero never ends.
  @Test(arguments: ["pipe", "device", "folder"])
  func specialFilesAreNamed(kind: String) throws {
    func make(_ name: String) throws -> String {
      let file = folder.url.appending(path: name)
      switch kind {
      case "pipe": #expect(unsafe mkfifo(file.path, 0o600) == 0)
      case "device":
        try FileManager.default.createSymbolicLink(
          atPath: file.path, withDestinationPath: "/dev/zero")
      default:
        try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
      }
      return file.path
    }
    let found = try #require(
      [
        "pipe": "a pipe, which can be read only once; save it as a file", "device": "a device",
        "folder": "a folder",
      ][kind])
    let template = try make("chat_template.jinja")
    let model = try open()
    for name in ["auto", template] {
      #expect {
        try model.placement(
          template: TemplateChoice(name), tokenizer: PlacementTests.tokenizer())
      } throws: { "\($0)" == "\(template): expected a file, found \(found)" }
    }
    let tokenizer = try make("tokenizer.json")
    #expect {
      _ = try model.requiredTokenizer()
    } throws: { "\($0)" == "\(tokenizer): expected a file, found \(found)" }
    #expect(try model.tokenizerConfiguration().specialTokens.isEmpty)
    let config = try make("config.json")
    #expect {
      _ = try model.config()
    } throws: { "\($0)" == "\(config): expected a file, found \(found)" }
  }

  @Test func aTemplateOfAnotherKindOfFileIsNamed() throws {
    let folder = try TemporaryFolder()
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n"
    let file = try folder.write("chat_template.jinja", pointer)
    let model = try ModelFolder(at: folder.url)
    for name in ["auto", file.path] {
      #expect {
        try model.placement(
          template: TemplateChoice(name), tokenizer: PlacementTests.tokenizer())
      } throws: { error in
        "\(error)" == "\(file.path): expected a chat template, found a Git LFS pointer; \"git lfs "
          + "pull\" in its folder fetches the file that it stands for"
      }
    }
  }
}
