import Files
import Foundation
import JSON
import TestSupport
import Testing

/// A run that goes on knows the adapter from which it started, wherever that has gone.
@Suite struct MovedStartTests {
  private let workspace: Workspace
  private let manager = FileManager.default
  private var start: URL { workspace.folder.url.appending(path: "start") }
  private var moved: URL { workspace.folder.url.appending(path: "moved") }

  init() throws { workspace = try Workspace() }

  private func digest(_ folder: URL) throws -> String {
    SHA256.hexadecimal(of: try Data(contentsOf: folder.appending(path: "soft_prompt.safetensors")))
  }

  private func short(_ digest: String) -> String { "\(digest.prefix(12))..." }

  /// An adapter, and another one of the same size.
  private func writeAdapters() throws -> (own: String, other: String) {
    try #require(workspace.distill(["--tokens", "2", "--steps", "1"], to: start).code == 0)
    try #require(
      workspace.distill(["--tokens", "2", "--steps", "1", "--seed", "1"], to: moved).code == 0)
    return (try digest(start), try digest(moved))
  }

  @Test func anotherAdapterInItsPlaceIsRefused() throws {
    let (own, other) = try writeAdapters()
    let options = ["--init", start.path, "--steps"]
    try #require(workspace.distill(options + ["1"]).code == 0)
    let state = "checkpoint-1/state.json"
    #expect(try workspace.json(state)["init_sha256"] == .string(own))
    let message =
      "\(workspace.output.path)/checkpoint-1: started with the adapter (--init) \(short(own)), found "
      + "\(short(other)); a resumed run keeps what it was started with"
    func refuse(_ start: URL, _ message: String) throws {
      try Program.expectRefusal(
        workspace.arguments(
          with: [
            "--init", start.path, "--steps", "2", "--resume", "--output", workspace.output.path,
          ]), message)
    }
    try manager.removeItem(at: start)
    try refuse(moved, message)
    try refuse(
      moved.appending(path: "soft_prompt.safetensors"), message)
    let nowhere = workspace.folder.url.appending(path: "nowhere")
    try refuse(nowhere, "\(nowhere.path): expected a file, found none that can be read")
    // Under the old path too, where another one that is named is known too.
    try manager.moveItem(at: moved, to: start)
    try refuse(start, message)
    try refuse(start.appending(path: "soft_prompt.safetensors"), message)
    // The checkpoint needs it no more.
    try manager.removeItem(at: start)
    for (steps, more) in [("2", ["--init", start.path]), ("3", [])] {
      let resumed = try workspace.distill(more + ["--steps", steps, "--resume"])
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try workspace.json("checkpoint-\(steps)/state.json")["init_sha256"] == .string(own))
    }
  }

  /// The recorded start is known by its SHA-256, whatever is in its old place.
  @Test func theAdapterIsKnownWhereverItIs() throws {
    _ = try writeAdapters()
    let options = ["--init", start.path, "--steps"]
    try #require(workspace.distill(options + ["1"]).code == 0)
    let elsewhere = workspace.folder.url.appending(path: "elsewhere")
    try manager.moveItem(at: start, to: elsewhere)
    try manager.moveItem(at: moved, to: start)
    let resumed = try workspace.distill(["--init", elsewhere.path, "--steps", "2", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    // What is no adapter is none.
    try manager.removeItem(at: start)
    try manager.createDirectory(at: start, withIntermediateDirectories: false)
    let more = try workspace.distill(options + ["3", "--resume"])
    #expect(more.code == 0, "\(more.errors)")
  }

  /// A sweep goes on without its start, also after it was named in another place.
  @Test func aSweepNeedsItsStartNoMore() throws {
    try #require(workspace.distill(["--tokens", "2", "--steps", "1"], to: start).code == 0)
    let sweep = ["--tokens", "2,3", "--steps"]
    try #require(workspace.distill(sweep + ["1", "--init", start.path]).code == 0)
    try manager.moveItem(at: start, to: moved)
    let named = try workspace.distill(sweep + ["2", "--init", moved.path, "--resume"])
    #expect(named.code == 0, "\(named.errors)")
    try manager.removeItem(at: moved)
    for (steps, more) in [("3", []), ("4", ["--init", start.path])] {
      let resumed = try workspace.distill(sweep + [steps, "--resume"] + more)
      #expect(resumed.code == 0, "\(resumed.errors)")
    }
  }

  /// The same command, in the same folder, with the name of a folder that is gone.
  @Test(arguments: [["--tokens", "2"], ["--tokens", "2", "--steps", "0"], ["--tokens", "2,3"]])
  func aStartThatIsGoneMayStillBeNamed(options: [String]) throws {
    try #require(workspace.distill(["--tokens", "2", "--steps", "1"], to: start).code == 0)
    func distill(_ more: [String]) throws -> Program.Result {
      let own = (["--steps", "1", "--init", "start", "--output", "run"] + options + more)
      return try Program.run(
        ["-C", workspace.folder.url.path, Program.url.path] + workspace.arguments(with: own),
        of: URL(fileURLWithPath: "/usr/bin/env"))
    }
    let first = try distill([])
    try #require(first.code == 0, "\(first.errors)")
    try manager.removeItem(at: start)
    for more in [[], ["--steps", "3"]] {
      let resumed = try distill(["--resume"] + more)
      #expect(resumed.code == 0, "\(resumed.errors)")
    }
    let anew = try distill(["--overwrite"])
    #expect(anew.code == 2)
    #expect(anew.errors.hasPrefix("train-gpu: The value 'start' is invalid for '--init <start>': "))
  }

  /// Older programs recorded no checksum.
  @Test func anOlderRunTakesTheAdapterThatIsNamed() throws {
    _ = try writeAdapters()
    try #require(workspace.distill(["--init", start.path, "--steps", "1"]).code == 0)
    let file = workspace.output.appending(path: "checkpoint-1/state.json")
    guard case .object(var state) = try workspace.json("checkpoint-1/state.json") else {
      Issue.record("expected an object")
      return
    }
    for name in ["init_sha256", "tensors_sha256", "sha256"] { state[name] = nil }
    try Data(JSON.object(state).text().utf8).write(to: file)
    try manager.removeItem(at: start)
    let resumed = try workspace.distill(["--init", moved.path, "--steps", "2", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try workspace.json("checkpoint-2/state.json")["init_sha256"] == .null)
  }

  @Test func aSweepKnowsItsStarts() throws {
    let (own, other) = try writeAdapters()
    let sizes = ["--steps", "1", "--tokens"]
    try #require(workspace.distill(sizes + ["2,3", "--init", start.path]).code == 0)
    #expect(try workspace.json("sweep.json")["init_sha256"] == .string(own))
    try manager.removeItem(at: start)
    try Program.expectRefusal(
      workspace.arguments(
        with: sizes + [
          "2,3,4", "--init", moved.path, "--resume", "--output", workspace.output.path,
        ]),
      "\(workspace.output.path): started with the adapter (--init) \(short(own)), found \(short(other)); a "
        + "resumed run keeps what it was started with")
    // A larger size starts from the next smaller one.
    let free = workspace.folder.url.appending(path: "free")
    try #require(workspace.distill(sizes + ["2,3"], to: free).code == 0)
    #expect(
      try workspace.json("tokens-3/checkpoint-1/state.json", in: free)["init_sha256"]
        == .string(digest(free.appending(path: "tokens-2"))))
    #expect(
      try workspace.json("tokens-2/checkpoint-1/state.json", in: free)["init_sha256"] == .null)
  }
}
