import Foundation
import TestSupport
import Testing

@testable import HuggingFace

@Suite("HubCache")
struct HubCacheTests {
  private let folder: TemporaryFolder
  private let commit = String(repeating: "0123456789", count: 4)

  init() throws { folder = try TemporaryFolder() }

  @Test("names of repositories")
  func names() throws {
    let plain = try #require(HubRepository("Qwen/Qwen2.5-0.5B"))
    #expect(plain.identifier == "Qwen/Qwen2.5-0.5B" && plain.revision == "main")
    #expect(plain.folderName == "models--Qwen--Qwen2.5-0.5B")
    #expect(plain.description == "Qwen/Qwen2.5-0.5B")
    let branch = try #require(HubRepository("gpt2@refs/pr/1"))
    #expect(branch.identifier == "gpt2" && branch.revision == "refs/pr/1" && !branch.isCommit)
    #expect(branch.folderName == "models--gpt2")
    #expect(branch.description == "gpt2@refs/pr/1")
    #expect(try #require(HubRepository("a/b@\(commit)")).isCommit)
    #expect(HubRepository("openai/1e18") != nil && HubRepository("t5-small") != nil)
    for text in [
      "", "a/b/c", "/a", "a/", "a b", "../a", "a..b/c", "a/b@", "a/b@../x", "-a", "a@\n",
      // Values of a configuration file without quotes.
      "1e18", "1_000", "0x10", "42", "true", "False", "yes", "null", "nan",
      // huggingface_hub's validate_repo_id.
      "a-/b", "a/b.", "a/b--c", "a/b.git", "a/\(String(repeating: "b", count: 97))",
    ] {
      #expect(HubRepository(text) == nil, "\(text)")
    }
  }

  @Test("an existing path is a folder, anything else a name or an error")
  func reference() throws {
    guard case .folder(let url, _) = try ModelReference(folder.url.path) else {
      Issue.record("not a folder")
      return
    }
    #expect(url.path == folder.url.path)
    guard case .repository(let repository, _) = try ModelReference("org/name@v1") else {
      Issue.record("not a repository")
      return
    }
    #expect(repository.revision == "v1")
    #expect {
      try ModelReference("./no/such/folder")
    } throws: { error in
      "\(error)"
        == "./no/such/folder: expected a model folder, a GGUF file or org/name[@revision] "
        + "of the hub, found no such folder or file"
    }
  }

  @Test("a part of a GGUF file's name stands behind a colon")
  func choice() throws {
    for (text, identifier, revision, words) in [
      ("org/name:Q4_K_M", "org/name", "main", "Q4_K_M"),
      ("org/name@v1:sub/model.gguf", "org/name", "v1", "sub/model.gguf"),
    ] {
      guard case .repository(let repository, let choice) = try ModelReference(text) else {
        Issue.record("not a repository")
        return
      }
      #expect(repository.identifier == identifier && repository.revision == revision)
      #expect(choice == GGUFChoice(words))
    }
    #expect(
      try ModelReference("\(folder.url.path):Q8_0")
        == .folder(URL(fileURLWithPath: folder.url.path), GGUFChoice("Q8_0")))
    for text in [
      "org/name:", "org/name:a b", ":Q4", "/none:Q4", "models/missing.gguf", "https://hub/org/name",
    ] {
      #expect(throws: HubError.notAModel(text)) { try ModelReference(text) }
    }
  }

  @Test("where the environment puts the cache")
  func environment() {
    func path(_ environment: [String: String]) -> String {
      HubCache(environment: environment).folder.path
    }
    #expect(path(["HOME": "/home/a"]) == "/home/a/.cache/huggingface/hub")
    #expect(path(["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == "/x/huggingface/hub")
    #expect(path(["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "/f"]) == "/f/hub")
    #expect(path(["HF_HOME": "/f", "HF_HUB_CACHE": "/c"]) == "/c")
    #expect(path(["HF_HOME": "/f", "HF_HUB_CACHE": ""]) == "/f/hub")
    #expect(path(["HOME": "/h", "HF_HOME": "~/f"]) == "/h/f/hub")
  }

  @Test("a snapshot is found by branch and by commit, when it is complete")
  func snapshot() throws {
    let cache = HubCache(folder: folder.url)
    let main = try #require(HubRepository("org/name"))
    let exact = try #require(HubRepository("org/name@\(commit)"))
    #expect(cache.snapshot(of: main) == nil)
    let base = "models--org--name"
    try folder.write("\(base)/blobs/config", "{}")
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "\(base)/snapshots/\(commit)"),
      withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appending(path: "\(base)/snapshots/\(commit)/config.json").path,
      withDestinationPath: "../../blobs/config")
    #expect(cache.snapshot(of: exact) == nil)
    try folder.write("\(base)/snapshots/\(commit)/model.safetensors", "")
    let snapshot = cache.folder(of: main).appending(path: "snapshots/\(commit)")
    #expect(cache.snapshot(of: exact) == snapshot)
    #expect(cache.snapshot(of: main) == nil)
    try folder.write("\(base)/refs/main", commit)
    #expect(cache.snapshot(of: main) == snapshot)
    try folder.write("\(base)/refs/main", "../../elsewhere")
    #expect(cache.snapshot(of: main) == nil)
  }

  @Test("a snapshot with shards is complete when all of them are there")
  func shards() throws {
    let cache = HubCache(folder: folder.url)
    let repository = try #require(HubRepository("org/name@\(commit)"))
    let base = "models--org--name/snapshots/\(commit)"
    try folder.write("\(base)/config.json", "{}")
    try folder.write(
      "\(base)/model.safetensors.index.json",
      #"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#)
    try folder.write("\(base)/1.safetensors", "")
    #expect(cache.snapshot(of: repository) == nil)
    try folder.write("\(base)/2.safetensors", "")
    #expect(cache.snapshot(of: repository) != nil)
  }
}
