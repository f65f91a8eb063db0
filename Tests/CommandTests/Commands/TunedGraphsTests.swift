import Foundation
import JSON
import TestSupport
import Testing

/// `train-gpu tune` proves graphs on a device, and later runs replay their steps, on the stand-in
/// for NVIDIA's libraries: whole runs have the same bits as without.
@Suite(
  .serialized, .enabled(if: CUDATestDevice.all == [.standIn], "needs clang, and no NVIDIA GPU"))
struct TunedGraphsTests {
  private let workspace: Workspace
  private let standIn: URL
  /// Two examples, whose shapes come again and again.
  private let inputs: String
  /// One prompt in place of the two dozen on which a run is judged: the stand-in is slow.
  private let unrelated: String

  init() throws {
    workspace = try Workspace()
    standIn = try CUDAStandIn.folder.get()
    inputs = try workspace.folder.write(
      "two.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a cabbage is"}
      """
    ).path
    unrelated = try workspace.folder.write(
      "unrelated.jsonl", #"{"prompt": "a cab", "completion": " is"}"#
    ).path
    for cache in ["plain", "tuned", "stopped"] { try makeCache(cache) }
  }

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  /// A cache folder with the compiled kernels that other tests keep as long as the stand-in.
  private func makeCache(_ name: String) throws {
    let manager = FileManager.default
    let programs = standIn.appending(path: "programs/pith/programs")
    try manager.createDirectory(at: programs, withIntermediateDirectories: true)
    let cache = folder(name).appending(path: "pith")
    try manager.createDirectory(at: cache, withIntermediateDirectories: true)
    try manager.createSymbolicLink(
      at: cache.appending(path: "programs"), withDestinationURL: programs)
  }

  private func environment(_ cache: String) -> [String: String] {
    [
      "PITH_CUDA_LIBRARIES": standIn.path, "OCL_ICD_VENDORS": "/nonexistent",
      "PITH_STANDIN_DEVICES": "2", "XDG_CACHE_HOME": folder(cache).path,
    ]
  }

  private func tunings(_ cache: String) -> URL { folder(cache).appending(path: "pith/tuning") }

  /// What a search says of graphs, and the record that it leaves; made once, since the stand-in is
  /// slow.
  private static let search: Result<(Program.Result, name: String, text: String), any Error> =
    Result {
      let suite = try TunedGraphsTests()
      let result = try Program.run(
        ["tune", "--device", "cuda", "--only", "graphs", "--runs", "1"],
        environment: suite.environment("tuned"))
      try #require(result.code == 0, "\(result.errors)")
      let folder = suite.tunings("tuned")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      let name = try #require(names.first { $0.hasSuffix(".json") })
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      return (result, name, text)
    }

  /// Makes the cache "tuned" hold a tuning by which replays are faster, whatever the stand-in
  /// takes.
  private func tune() throws {
    let (_, name, found) = try Self.search.get()
    var text = found
    text.replace(/"replayed_microseconds" : [0-9.eE+-]+/, with: #""replayed_microseconds" : 0.5"#)
    try FileManager.default.createDirectory(
      at: tunings("tuned"), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: tunings("tuned").appending(path: name))
  }

  @Test func theTrialIsARowOfItsOwn() throws {
    let (result, _, text) = try Self.search.get()
    #expect(result.errors.contains("1/1 graphs: "))
    #expect(result.errors.contains(" commands enqueued "))
    #expect(!result.errors.contains("warning"), "\(result.errors)")
    let rows = result.output.split(separator: "\n")
    #expect(rows.count == 2 && rows[1].hasPrefix("graphs"), "\(result.output)")
    let graphs = try JSON(parsing: Array(text.utf8))["graphs"]
    #expect(
      graphs.sortedKeys == [
        "commands", "enqueued_microseconds", "replayed_microseconds", "trial",
      ])
    try tune()
    let listing = try Program.run(["devices", "--json"], environment: environment("tuned"))
    guard case .array(let devices) = try JSON(parsing: Array(listing.output.utf8)) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    #expect(devices[1]["tuning"]["graphs"] == .bool(true))
    #expect(devices[1]["tuning"]["kernels"] == .integer(0))

    let table = try Program.run(
      ["tune", "--device", "cuda", "--only", "graph"], environment: environment("plain"))
    #expect(table.code == 2)
    #expect(table.errors.contains("'graph' has nothing to tune on this device; expected some of "))
    #expect(table.errors.contains(", graphs"))
  }

  /// A search that a signal ends says how far it came, and keeps the kernels that it has finished.
  @Test func aStoppedSearchKeepsWhatItHasFound() throws {
    let running = try Program.Running(
      [
        "tune", "--device", "cuda", "--only", "rms_norm,matmul_dequantised", "--runs", "1",
        "--verbose",
      ], environment: environment("stopped"))
    try running.wait(forError: "2/2 matmul_dequantised: candidate 1 of 3, DEQUANTISED=0\n")
    running.send(SIGTERM)
    let result = try running.wait()
    #expect(result.code == 143)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(/1\/2 rms_norm: \d+ candidates\n/), "\(result.errors)")
    #expect(result.errors.contains("1/2 rms_norm: candidate 2 of "))
    #expect(result.errors.contains("2/2 matmul_dequantised: 3 candidates\n"))
    let names = try FileManager.default.contentsOfDirectory(atPath: tunings("stopped").path)
    let file = tunings("stopped").appending(path: try #require(names.first))
    #expect(
      result.errors.hasSuffix(
        "\ntrain-gpu: stopped; 1 of 2 kernels are tuned, kept in \(file.path)\n"))
    guard case .array(let kernels) = try JSON(parsing: Array(Data(contentsOf: file)))["kernels"]
    else { throw CocoaError(.fileReadCorruptFile) }
    #expect(kernels.map { $0["name"] } == [.string("rms_norm")])
  }

  private func arguments(_ more: [String], to output: URL) -> [String] {
    workspace.arguments(
      with: [
        "--device", "cuda", "--inputs", inputs, "--unrelated", unrelated, "--batch-size", "1",
        "--steps", "12", "--verbose",
      ] + more) + ["--output", output.path]
  }

  /// Distils with a cache folder, and expects graphs with the tuned one alone.
  private func distill(
    _ more: [String], _ cache: String, ranks: Int = 1, to name: String? = nil
  ) throws -> URL {
    let output = folder("run-\(name ?? cache)")
    let arguments = arguments(more, to: output)
    let result =
      ranks == 1
      ? try Program.run(arguments, environment: environment(cache))
      : try Launcher.run(ranks, arguments, environment: environment(cache))
    try #require(result.code == 0, "\(result.errors)")
    let launched = result.errors.firstMatch(of: /graphs launched: (\d+)/).flatMap { Int($0.1) }
    #expect(cache == "tuned" ? launched ?? 0 >= 1 : launched == nil, "\(result.errors)")
    return output
  }

  /// What runs in a folder have made: prompts to the bit, losses and norms of all steps, and the
  /// numbers of all evaluations.
  private func made(in folder: URL) throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    for name in names where !name.contains("checkpoint-") {
      let file = folder.appending(path: name)
      if name.hasSuffix("soft_prompt.safetensors") || name.hasSuffix("cartridge.safetensors") {
        found[name] = [try Data(contentsOf: file).base64EncodedString()]
      } else if name.hasSuffix("metrics.jsonl") {
        found[name] = try workspace.steps(in: file.deletingLastPathComponent()).map {
          "\($0["loss"] ?? .null) \($0["gradient_norm"] ?? .null)"
        }
      } else if name.hasSuffix("metrics.json") {
        let metrics = try workspace.json(
          file.lastPathComponent, in: file.deletingLastPathComponent())
        found[name] = ["\(metrics["validation"])"]
      } else if name.hasSuffix("rollouts.jsonl") {
        found[name] = [try String(contentsOf: file, encoding: .utf8)]
      }
    }
    return found
  }

  /// With evaluations between the steps; rollouts, for which the student answers and the teacher
  /// scores between them; and the runs of a sweep, one after the other on one device.
  @Test(
    arguments: [
      [], ["--method", "kv"],
      ["--rollouts", "0.5", "--refresh-every", "3", "--loss", "reverse-kl"],
      ["--tokens", "2,3"],
    ])
  func aWholeRunHasTheSameBits(more: [String]) throws {
    try tune()
    let plain = try made(in: distill(more, "plain"))
    #expect(plain.count >= 3 && plain.values.allSatisfy { !$0.isEmpty })
    #expect(try made(in: distill(more, "tuned")) == plain)
  }

  /// A run that began without graphs.
  @Test func aResumedRunHasTheSameBits() throws {
    try tune()
    let more = ["--checkpoint-every", "6"]
    let output = try distill(more, "plain")
    let whole = try made(in: output)
    try FileManager.default.removeItem(at: output.appending(path: "checkpoint-12"))
    #expect(try made(in: distill(more + ["--resume"], "tuned", to: "plain")) == whole)
  }

  @Test(.enabled(if: Launcher.isUsable, Launcher.reason))
  func ranksHaveTheSameBits() throws {
    try tune()
    let more = ["--batch-size", "2"]
    let plain = try made(in: distill(more, "plain", ranks: 2))
    #expect(try made(in: distill(more, "tuned", ranks: 2)) == plain)
  }
}
