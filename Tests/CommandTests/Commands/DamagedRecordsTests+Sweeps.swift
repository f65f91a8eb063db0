import Foundation
import JSON
import TestSupport
import Testing

/// A sweep whose record is damaged, gone, or another's.
extension DamagedRecordsTests {
  @Test func aDamagedSweepCanBeBegunAgain() throws {
    let sizes = ["--tokens", "2,3", "--steps", "2"]
    try #require(workspace.distill(sizes).code == 0)
    try write("{\"members\": [\n", "sweep.json")
    let message =
      "\(file("sweep.json").path): line 2, column 1: expected a value, found the end of the text; "
      + "--overwrite starts the sweep again, and each of its runs can be resumed in its own folder"
    try expectRefusal(sizes + ["--resume"], message)
    try expectRefusal(["--tokens", "2", "--steps", "2", "--resume"], message)
    // What a PDF document is good for is no cure of a record.
    let cure =
      "; --overwrite starts the sweep again, and each of its runs can be resumed in its own folder"
    for (text, found) in [("%PDF-", "a PDF document"), ("GIF8", "an image")] {
      try write(text, "sweep.json")
      try expectRefusal(
        sizes + ["--resume"],
        "\(file("sweep.json").path): expected records in JSON, found \(found)\(cure)")
    }
    let member = try workspace.distill(
      ["--tokens", "2", "--steps", "4", "--resume"], to: file("tokens-2"))
    #expect(member.code == 0, "\(member.errors)")
    let fewer = try workspace.distill(["--tokens", "2,4", "--steps", "2", "--overwrite"])
    #expect(fewer.code == 0, "\(fewer.errors)")
    #expect(
      fewer.errors.contains(
        "\(run): sweep.json is damaged and names no runs, so tokens-3 stays\n"))
    #expect(try text("sweep.json.kept") == "GIF8")
    #expect(try workspace.json("sweep.json")["delivered"] != .null)
    try workspace.folder.write("run/notes.txt", "mine")
    try write("{", "sweep.json")
    let single = try workspace.distill(["--tokens", "2", "--steps", "2", "--overwrite"])
    #expect(single.code == 0, "\(single.errors)")
    #expect(!FileManager.default.fileExists(atPath: file("sweep.json").path))
    #expect(try text("notes.txt") == "mine")
  }

  @Test func aSweepWithoutItsRecordCanBeBegunAgain() throws {
    let sizes = ["--tokens", "2,3", "--steps", "2"]
    try #require(workspace.distill(sizes).code == 0)
    try FileManager.default.removeItem(at: file("sweep.json"))
    for tokens in ["2,3", "2"] {
      try expectRefusal(
        ["--tokens", tokens, "--steps", "2", "--resume"],
        "\(run): expected sweep.json, the record of its sweep, found the runs tokens-2, tokens-3 alone; "
          + "--overwrite starts the sweep again, and each of its runs can be resumed in its own folder"
      )
    }
    let again = try workspace.distill(sizes + ["--overwrite"])
    #expect(again.code == 0, "\(again.errors)")
    #expect(try workspace.json("sweep.json")["delivered"] != .null)
  }

  @Test func aSweepIsNoRunAndARunIsNoSweep() throws {
    try #require(workspace.distill(["--tokens", "2,3", "--steps", "2"]).code == 0)
    try expectRefusal(
      ["--tokens", "2", "--steps", "4", "--resume"],
      "\(run): expected one run to resume, found a sweep, of tokens-2, tokens-3; --resume goes on with all of "
        + "its --tokens or methods, or with one run in its own --output")
    let one = workspace.folder.url.appending(path: "one")
    try #require(workspace.distill(["--tokens", "2", "--steps", "2"], to: one).code == 0)
    try Program.expectRefusal(
      workspace.arguments(
        with: ["--tokens", "2,3", "--steps", "4", "--resume", "--output", one.path]),
      "\(one.path): expected a sweep to resume, with sweep.json, found one run; --resume goes on with its own "
        + "--tokens and method alone")
  }
}
