import Foundation
import Safetensors
import TestSupport
import Testing

@testable import HuggingFace

@Suite("Checkpoint")
struct CheckpointTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.url.path }

  private func writeShard(_ name: String, _ tensors: [String]) throws {
    try SafetensorsWriter.write(
      tensors.enumerated().map { ($1, [2], [Float($0), 0.5]) },
      to: folder.url.appending(path: name))
  }

  private func writeIndex(_ map: [String: String]) throws {
    let members = map.sorted { $0.key < $1.key }.map { "\"\($0)\": \"\($1)\"" }
    try folder.write(
      "model.safetensors.index.json",
      "{\"metadata\": {}, \"weight_map\": {\(members.joined(separator: ", "))}}")
  }

  private func refusal() -> String {
    do {
      _ = try Checkpoint(folder: folder.url)
      return "opened"
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description.replacing(path, with: "FOLDER")
    }
  }

  @Test("one file")
  func single() throws {
    try writeShard("model.safetensors", ["b", "a"])
    let checkpoint = try Checkpoint(folder: folder.url)
    #expect(checkpoint.names == ["a", "b"])
    #expect(checkpoint.contains("a") && !checkpoint.contains("c"))
    #expect(try checkpoint.floats(of: "b", shape: [2]) == [0, 0.5])
    #expect(try checkpoint.tensor(named: "a").format == .f32)
    #expect {
      try checkpoint.floats(of: "a", shape: [1, 2])
    } throws: { error in
      "\(error)" == "a in \(path)/model.safetensors: expected shape [1, 2], found [2]"
    }
    #expect {
      try checkpoint.floats(of: "c")
    } throws: { "\($0)" == "\(path)/model.safetensors: expected a tensor c, found none" }
  }

  @Test("shards, also in folders below")
  func shards() throws {
    try writeShard("one.safetensors", ["a", "b"])
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "more"), withIntermediateDirectories: false)
    try writeShard("more/two.safetensors", ["c"])
    try writeIndex(["a": "one.safetensors", "b": "one.safetensors", "c": "more/two.safetensors"])
    let checkpoint = try Checkpoint(folder: folder.url)
    #expect(checkpoint.names == ["a", "b", "c"])
    #expect(try checkpoint.floats(of: "b") == [1, 0.5])
    #expect(try checkpoint.floats(of: "c") == [0, 0.5])
    #expect {
      try checkpoint.floats(of: "d")
    } throws: { "\($0)" == "\(path): expected a tensor d, found none" }
  }

  @Test("NaN in a weight")
  func notFinite() throws {
    try SafetensorsWriter.write(
      [("w", [2, 2], [0, 1, .nan, 2])], to: folder.url.appending(path: "model.safetensors"))
    let checkpoint = try Checkpoint(folder: folder.url)
    #expect {
      try checkpoint.checkFinite("w")
    } throws: { error in
      "\(error)" == "w in \(path)/model.safetensors: expected finite numbers, "
        + "found NaN or infinity at element 2"
    }
  }

  @Test("no weights, or weights in another format")
  func formats() throws {
    #expect(
      refusal()
        == "FOLDER: expected model.safetensors or model.safetensors.index.json, found neither")
    try folder.write("pytorch_model.bin", "PK")
    #expect(
      refusal()
        == "FOLDER: expected model.safetensors or model.safetensors.index.json, found "
        + "pytorch_model.bin, pickles of PyTorch; only the safetensors format is read, so load the "
        + "model in transformers and save it with save_pretrained")
  }

  @Test("a tensor under a longer name, or in another form")
  func otherNames() {
    let name = "model.norm.weight"
    func found(_ names: String...) -> String { Checkpoint.insteadOf(tensor: name, among: names) }
    #expect(found("x", "lm_head.weight") == "none")
    #expect(
      found("_orig_mod.model.norm.weight")
        == "_orig_mod.model.norm.weight; torch.compile put _orig_mod. before its names, so save the "
        + "model that is in it")
    #expect(found("base_model.model.model.norm.weight").contains("; PEFT put base_model.model. "))
    #expect(found("module.model.norm.weight").contains("; DataParallel put module. "))
    #expect(found("policy.model.norm.weight").hasSuffix("; take policy. away from its names"))
    #expect(found("model.norm.qweight").hasPrefix("model.norm.qweight, a quantised weight; "))
    #expect(
      found("model.q.base_layer.weight", "model.q.lora_A.weight").contains("merge_and_unload"))
  }

  @Test("a truncated file")
  func truncated() throws {
    try writeShard("model.safetensors", ["a"])
    let url = folder.url.appending(path: "model.safetensors")
    let whole = try Data(contentsOf: url)
    try whole.dropLast(1).write(to: url)
    #expect(
      refusal()
        == "FOLDER/model.safetensors: header, tensor a: data_offsets end at 8, but the file "
        + "holds 7 bytes of data (truncated?)")
  }

  @Test("an index that is damaged or leads astray")
  func index() throws {
    let path = "FOLDER/model.safetensors.index.json"
    try writeShard("one.safetensors", ["a"])
    try folder.write("model.safetensors.index.json", "{}")
    #expect(refusal() == "\(path): weight_map: expected a value, found nothing")
    try folder.write("model.safetensors.index.json", #"{"weight_map": {"a": 1}}"#)
    #expect(refusal() == "\(path): weight_map.a: expected a string, found the integer 1")
    try writeIndex(["a": "one.safetensors", "b": "two.safetensors"])
    #expect(
      refusal()
        == "\(path): weight_map.b: expected the shard two.safetensors beside it, "
        + "found no such file; 1 of the 2 shards is there, so fetch the rest")
    try writeIndex(["b": "two.safetensors"])
    #expect(
      refusal()
        == "\(path): weight_map.b: expected the shard two.safetensors beside it, "
        + "found one.safetensors, which the index does not name; fetch the index that belongs to them"
    )
    try writeIndex(["a": "one.safetensors", "b": "one.safetensors"])
    #expect(
      refusal()
        == "\(path): weight_map.b: expected the tensor in one.safetensors, found none of that name"
    )
    for outside in [
      "../one.safetensors", "/tmp/one.safetensors", "more/../../x", "", "./a", "a//b",
    ] {
      try writeIndex(["a": outside])
      #expect(
        refusal()
          == "\(path): weight_map.a: expected a file in the folder of the index, "
          + "found \"\(outside)\"")
    }
  }

  @Test(
    "shards that transformers wrote",
    .enabled(if: SharedReference.isPresent, SharedReference.reason),
    arguments: ["llama-gqa-untied", "llama3-rope-tied", "mistral-sliding", "qwen2", "gpt2"])
  func reference(model: String) throws {
    let folder = try SharedReference.url("golden/\(model)")
    let sharded = try Checkpoint(folder: folder.appending(path: "bf16"))
    let single = try Checkpoint(folder: folder.appending(path: "f32"))
    #expect(sharded.names == single.names)
    for name in single.names {
      let shape = try single.tensor(named: name).shape
      let exact = try single.floats(of: name)
      let rounded = try sharded.floats(of: name, shape: shape)
      try sharded.checkFinite(name)
      // bf16 keeps eight bits: rounding to nearest moves a number by at most 2^-9 of the next
      // power.
      #expect(zip(rounded, exact).allSatisfy { abs($0 - $1) <= 0x1p-8 * abs($1) })
    }
  }
}
