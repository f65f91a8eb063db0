import Foundation
import JSON
import TestSupport
import Testing

/// `train-gpu tune` with its own cache folder, and a run with the tuning.
@Suite(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
struct TuneTests {
  private let workspace: Workspace
  private let cache: URL

  init() throws {
    workspace = try Workspace()
    cache = workspace.folder.url.appending(path: "cache")
  }

  private func run(_ arguments: [String]) throws -> Program.Result {
    try Program.run(arguments, environment: ["XDG_CACHE_HOME": cache.path])
  }

  private func distill(to name: String) throws -> (prompt: [Float], errors: String) {
    let output = workspace.folder.url.appending(path: name)
    let result = try run(
      workspace.arguments(
        with: ["--device", "opencl", "--steps", "6", "--output", output.path]))
    #expect(result.code == 0, "\(result.errors)")
    return (try workspace.softPrompt(in: output), result.errors)
  }

  /// The file of the device's tuning.
  private func file() throws -> URL {
    let folder = cache.appending(path: "pith/tuning")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return folder.appending(path: try #require(names.first))
  }

  @Test func theTuningIsStoredAndUsed() throws {
    let plain = try distill(to: "plain")
    let result = try run([
      "tune", "--device", "opencl", "--runs", "1", "--json", "--only", "swiglu,adamw",
    ])
    #expect(result.code == 0, "\(result.errors)")
    let printed = try JSON(parsing: Array(result.output.utf8))
    #expect(
      printed.sortedKeys == ["bodies", "date", "device", "driver", "kernels", "platform"])
    guard case .array(let kernels) = printed["kernels"] else {
      Issue.record("\(result.output)")
      return
    }
    #expect(kernels.map { $0["name"] } == [.string("swiglu"), .string("adamw")])
    #expect(result.errors.contains(/1\/2 swiglu: \d+ candidates\n/))
    #expect(result.errors.contains("2/2 adamw: LANES="))
    #expect(!result.errors.contains("candidate 1 of "))
    #expect(result.errors.contains("kept in \(try file().path)"))

    let listing = try run(["devices"])
    #expect(listing.output.contains("\(Date.now.formatted(.iso8601).prefix(8))"))

    // The stored tuning is used, also where it is not the fastest: it gives the same result.
    var text = try String(contentsOf: file(), encoding: .utf8)
    text.replace(/"SPAN" : \d+/, with: #""SPAN" : 256"#)
    text.replace(/"constants" : {\s*"LANES" : \d+\s*}/, with: #""constants" : {"LANES" : 64}"#)
    try Data(text.utf8).write(to: file())
    let tuned = try distill(to: "tuned")
    let warnings = tuned.errors.split(separator: "\n").filter { $0.contains("warning") }
    #expect(warnings.allSatisfy { $0.contains("the held-out numbers rest on") })
    let output = workspace.folder.url.appending(path: "tuned")
    #expect(try workspace.json("metrics.json", in: output)["tuned_kernels"] == .integer(2))
    let error = relativeError(tuned.prompt, plain.prompt.map(Double.init))
    #expect(error < Tolerance.model.rawValue)
    let again = try distill(to: "again")
    #expect(again.prompt == tuned.prompt)

    try Data("{".utf8).write(to: file())
    for more in [[], ["--json"]] {
      let listing = try run(["devices"] + more)
      let said = try listing.errors.components(separatedBy: "warning: \(file().path): ").count
      #expect(said == 2, "\(listing.errors)")
      #expect(listing.errors.contains(": the defaults are used; train-gpu tune makes a new one\n"))
      #expect(listing.output.contains(more.isEmpty ? " not used " : #""warning""#))
    }
    let damaged = try distill(to: "damaged")
    #expect(damaged.prompt == plain.prompt)
    let refusal = "warning: \(try file().path): line 1, column 2: expected "
    func refusals(_ errors: String) -> [Substring] {
      errors.split(separator: "\n").filter { $0.hasPrefix(refusal) }
    }
    #expect(refusals(damaged.errors).count == 1, "\(damaged.errors)")
    #expect(damaged.errors.contains(": the defaults are used; train-gpu tune makes a new one\n"))

    // What was tuned before is lost, which is said once.
    let arguments = ["tune", "--device", "opencl", "--runs", "1", "--only", "adamw,swiglu"]
    let anew = try run(arguments)
    #expect(anew.code == 0)
    #expect(refusals(anew.errors).count == 1, "\(anew.errors)")
    #expect(anew.errors.contains(": a new one takes its place\n"))
    #expect(refusals(try run(arguments).errors).isEmpty)
  }

  @Test func onlyKernelsThatExist() throws {
    let result = try run(["tune", "--device", "opencl", "--only", "adamw,nothing"])
    #expect(result.code == 2)
    #expect(
      result.errors.hasPrefix(
        "train-gpu: --only: 'nothing' has nothing to tune on this device; expected some of "))
    #expect(!FileManager.default.fileExists(atPath: cache.appending(path: "pith/tuning").path))
  }
}
