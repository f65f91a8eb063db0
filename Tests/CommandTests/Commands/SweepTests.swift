import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// Several sizes against one teacher.
@Suite struct SweepTests {
  let workspace: Workspace
  static let sizes = ["2", "3", "5"]

  init() throws { workspace = try Workspace() }

  func sweep(
    _ more: [String] = [], tokens: String = sizes.joined(separator: ","), to output: URL? = nil
  ) throws -> Program.Result {
    try workspace.distill(["--tokens", tokens, "--steps", "8"] + more, to: output)
  }

  func member(_ name: String, in output: URL? = nil) -> URL {
    (output ?? workspace.output).appending(path: name)
  }

  private func kl(_ name: String) throws -> Double {
    try #require(
      try workspace.json("metrics.json", in: member(name))["validation"]["kl"].double)
  }

  func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test func everySizeIsKeptAndOneDelivered() throws {
    let result = try sweep()
    #expect(result.code == 0, "\(result.errors)")
    let kls = try Self.sizes.map { try kl("tokens-\($0)") }
    let best = try #require(kls.indices.min { kls[$0] < kls[$1] })
    let record = try workspace.json("sweep.json")
    let delivered = "tokens-\(Self.sizes[best])"
    #expect(record["delivered"] == .string(delivered))
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: member(delivered)))
    #expect(result.output.contains("Delivered: \(delivered), the lowest held-out KL"))
    #expect(result.errors.contains("run 2 of 3: tokens-3, from tokens-2, with rows of"))
    let page = try text(workspace.output.appending(path: "report.html"))
    for part in ["All sizes", "What quality costs", "Where each began", "tokens-5"] {
      #expect(page.contains(part), "\(part)")
    }
    let refused = try Program.run(
      ["report", workspace.output.path, "--output", workspace.output.path + "/report.html"])
    #expect(refused.code == 2 && refused.errors.contains("than the report of a sweep"))
    #expect(try text(workspace.output.appending(path: "report.html")) == page)
    let readme = try text(member("tokens-3").appending(path: "README.md"))
    #expect(readme.contains("init: \"\(member("tokens-2").path)\""))
  }

  /// Every run is what `distill` makes by itself from the prompt of the smaller one.
  @Test(arguments: [[], ["--method", "kv"]])
  func aRunOfASweepIsARunByItself(method: [String]) throws {
    let swept = try sweep(method)
    #expect(swept.code == 0, "\(swept.errors)")
    let alone = workspace.folder.url.appending(path: "alone")
    // Keys and values are matched at every size.
    let start = method.isEmpty ? ["--init", member("tokens-2").path] : []
    let result = try workspace.distill(
      ["--tokens", "3", "--steps", "8"] + start + method, to: alone)
    #expect(result.code == 0, "\(result.errors)")
    let name = method.isEmpty ? "soft_prompt.safetensors" : "cartridge.safetensors"
    #expect(
      try Data(contentsOf: alone.appending(path: name))
        == Data(contentsOf: member("tokens-3").appending(path: name)))
    #expect(
      try workspace.json("metrics.json", in: alone)["validation"]
        == workspace.json("metrics.json", in: member("tokens-3"))["validation"])
  }

  /// A smaller prompt of keys and values begins a larger one too, with rows of the context behind
  /// it.
  @Test func aSmallerPromptCanBeTheStart() throws {
    _ = try workspace.distill(["--tokens", "2", "--steps", "4", "--method", "kv"])
    let other = workspace.folder.url.appending(path: "other")
    let result = try workspace.distill(
      [
        "--tokens", "4", "--steps", "0", "--method", "kv", "--validation", "0", "--init",
        workspace.output.path,
      ], to: other)
    #expect(result.code == 0, "\(result.errors)")
    func keys(_ folder: URL) throws -> (shape: [Int], values: [Float]) {
      let file = try SafetensorsFile(
        contentsOf: folder.appending(path: "cartridge.safetensors"))
      return (try file.tensor(named: "keys").shape, try file.floats(of: "keys"))
    }
    let (small, large) = (try keys(workspace.output), try keys(other))
    #expect(large.shape[1] == 4)
    // In the first layer the rows of the smaller one come first.
    let size = 2 * small.shape[2] * small.shape[3]
    #expect(Array(large.values.prefix(size)) == Array(small.values.prefix(size)))
  }

  @Test func theSmallestWithinTheBudgetIsDelivered() throws {
    _ = try sweep()
    let kls = try Self.sizes.map { try kl("tokens-\($0)") }
    let budget = kls[1] * 1.0001
    let expected = kls[0] <= budget ? 2 : 3
    let result = try sweep(["--kl-budget", "\(budget)", "--resume"])
    #expect(result.code == 0, "\(result.errors)")
    // Nothing is trained again.
    #expect(!result.errors.contains("run 1 of 3"))
    #expect(try workspace.json("sweep.json")["delivered"] == .string("tokens-\(expected)"))
    #expect(
      try workspace.softPrompt() == workspace.softPrompt(in: member("tokens-\(expected)")))
    #expect(
      try text(workspace.output.appending(path: "report.html")).contains("the smallest within"))
  }

  @Test func aBudgetThatNoneMeetsDeliversNothing() throws {
    let result = try sweep(["--kl-budget", "0"])
    #expect(result.code == 1)
    #expect(
      result.errorLines.last?.hasPrefix(
        "train-gpu: no prompt is within --kl-budget 0.0, so none is delivered; the nearest is tokens-"
      )
        == true, "\(result.errors)")
    #expect(result.output.contains("all 3 runs are kept"))
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path).sorted()
    #expect(
      names == ["files.json", "report.html", "sweep.json", "tokens-2", "tokens-3", "tokens-5"])
    let record = try workspace.json("sweep.json")
    #expect(record.sortedKeys.contains("delivered") && record["delivered"] == .null)
    let again = try sweep(["--kl-budget", "0", "--resume", "--json"])
    #expect(again.code == 1)
    let printed = try JSON(parsing: Array(again.output.utf8))
    #expect(printed.sortedKeys.contains("delivered") && printed["delivered"] == .null)
  }

  @Test func twoMethodsAreSweptByThemselves() throws {
    let result = try sweep(["--method", "kv,embeddings"], tokens: "2,3")
    #expect(result.code == 0, "\(result.errors)")
    let record = try workspace.json("sweep.json")
    guard case .array(let members) = record["members"] else {
      Issue.record("members")
      return
    }
    #expect(
      members.map { $0["folder"] }
        == ["kv-2", "kv-3", "embeddings-2", "embeddings-3"].map(JSON.string))
    #expect(
      members[2]["start"] == .string("sampled, because none of its method is smaller"))
  }

  /// The arguments of a sweep that writes its own examples.
  var studied: [String] {
    var own = workspace.arguments
    for name in ["--inputs", "--validation"] {
      if let index = own.firstIndex(of: name) { own.removeSubrange(index...(index + 1)) }
    }
    own += [
      "--tokens", "2,3", "--steps", "2", "--study-count", "6", "--no-filter", "--output",
      workspace.output.path,
    ]
    return own.overridden
  }

  @Test func aSweepFromAContextAloneStudiesOnce() throws {
    let own = studied
    let result = try Program.run(own)
    #expect(result.code == 0, "\(result.errors)")
    #expect(FileManager.default.fileExists(atPath: member("study.jsonl").path))
    let resumed = try Program.run(own + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(!resumed.errors.contains("run 1 of 2"))
  }

  /// The start of all runs is known in another place too, whatever is in its own.
  @Test func aMovedStartIsNamedAnew() throws {
    let folder = workspace.folder.url
    let (start, moved) = (folder.appending(path: "start"), folder.appending(path: "moved"))
    try #require(workspace.distill(["--tokens", "2", "--steps", "1"], to: start).code == 0)
    let begun = try sweep(["--init", start.path, "--steps", "1"], tokens: "2,3")
    try #require(begun.code == 0, "\(begun.errors)")
    try FileManager.default.copyItem(at: start, to: moved)
    let other = try sweep(["--init", moved.path, "--steps", "1", "--resume"], tokens: "2,3")
    #expect(other.code == 0, "\(other.errors)")
    try FileManager.default.removeItem(at: start)
    let added = try sweep(["--init", moved.path, "--steps", "1", "--resume"], tokens: "2,3,4")
    #expect(added.code == 0, "\(added.errors)")
    #expect(
      try workspace.json("metrics.json", in: member("tokens-4"))["made_with"]["options"]["init"]
        == .string(moved.path))
    let alone = try workspace.distill(
      ["--tokens", "3", "--steps", "2", "--init", moved.path, "--resume"], to: member("tokens-3"))
    #expect(alone.code == 0, "\(alone.errors)")
  }
}
