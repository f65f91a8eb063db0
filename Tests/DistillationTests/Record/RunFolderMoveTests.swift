import Foundation
import TestSupport
import Testing

@testable import Distillation

/// A run's folder that is renamed, removed or replaced during the run.
@Suite struct RunFolderMoveTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func startedRun(_ mode: RunFolder.Mode = .create) throws -> RunFolder {
    let run = try RunFolder(url, mode: mode)
    try run.begin()
    return run
  }

  @Test(arguments: [true, false])
  func aFolderThatIsRenamedOrRemovedEndsTheRun(isRenamed: Bool) throws {
    let run = try startedRun()
    try run.append(RunRecords.step(1))
    let other = parent.url.appending(path: "other")
    if isRenamed {
      try FileManager.default.moveItem(at: url, to: other)
    } else {
      try FileManager.default.removeItem(at: url)
    }
    let message =
      "\(url.path): the output folder was renamed or removed while the run wrote to it, so the run "
      + "ends"
    expectError(message) { try run.append(RunRecords.step(2)) }
    expectError(message) { try run.write([1], to: "metrics.json") }
    expectError(message) { try RunRecords.checkpoint(step: 2).write(to: run) }
    #expect(try parent.names() == (isRenamed ? ["other"] : []))
  }

  @Test func aFolderThatIsReachedByALinkIsTheSame() throws {
    let run = try startedRun()
    let other = parent.url.appending(path: "other")
    try FileManager.default.moveItem(at: url, to: other)
    try FileManager.default.createSymbolicLink(at: url, withDestinationURL: other)
    try run.append(RunRecords.step(1))
    #expect(try run.stepRecords().count == 1)
  }

  @Test(arguments: [RunFolder.Mode.resume, .overwrite])
  func filesThatAKilledRunWasWritingGo(mode: RunFolder.Mode) throws {
    do {
      let run = try startedRun()
      try RunRecords.checkpoint(step: 1).write(to: run)
    }
    let remains = [
      ".metrics.jsonl.1k2j3h.tmp", ".soft_prompt.safetensors.0.tmp", ".README.md.zz9.tmp",
    ]
    let others = [".metrics.jsonl.tmp", ".metrics.jsonl.a-b.tmp", ".notes.txt.1.tmp", "x.tmp"]
    for name in remains + others + ["checkpoint-1/.state.json.7.tmp"] {
      try parent.write("run/\(name)", "part")
    }
    _ = try startedRun(mode)
    let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
    #expect(Set(others).isSubset(of: names))
    #expect(Set(remains).isDisjoint(with: names))
    if mode == .resume {
      let inside = try FileManager.default.contentsOfDirectory(
        atPath: url.appending(path: "checkpoint-1").path)
      #expect(inside.sorted() == ["state.json", "state.safetensors"])
    }
  }
}
