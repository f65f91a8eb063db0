import Foundation
import TestSupport
import Testing

/// What `--beside` and `--init` refuse.
extension BesideTests {
  @Test func aRunDoesNotReplaceWhatStandsBesideIt() throws {
    let before = try Data(contentsOf: soft.appending(path: "soft_prompt.safetensors"))
    let link = workspace.folder.url.appending(path: "link")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: soft)
    for path in [soft.path, link.path] {
      let result = try workspace.distill(["--beside", path, "--overwrite"], to: soft)
      #expect(result.code == 2)
      #expect(
        result.errors
          == "train-gpu: --beside: expected an adapter outside the output folder, found \(path)\n")
    }
    #expect(try Data(contentsOf: soft.appending(path: "soft_prompt.safetensors")) == before)
  }

  @Test func badInputIsRefusedInOneLine() throws {
    try workspace.expectRefusal(
      ["--beside", "/none/run"],
      "/none/run: expected the folder of an adapter, found nothing of the kind")
    try workspace.expectRefusal(
      ["--beside", ""], "--beside: expected a path, found an empty text")
    try workspace.expectRefusal(
      ["--beside", soft.path, "--beside", soft.path],
      "\(soft.path): expected another prompt than \(soft.path) holds, found the same")
    try workspace.expectRefusal(
      ["--beside", soft.path, "--template", "chatml"],
      "\(soft.path): expected the tokens of header and closing with which the run has its prompt, because "
        + "they come once, found others; --template sets those of all")
    let peft = workspace.folder.url.appending(path: "peft")
    _ = try Program.run([
      "export", soft.path, "--format", "peft", "--output", peft.path, "--device", "cpu", "--quiet",
    ])
    try workspace.expectRefusal(
      ["--beside", peft.path],
      "\(peft.path): expected the output folder of a run, whose prompt can stand beside another, found virtual "
        + "tokens of PEFT, which hold header and closing too")
    let long = workspace.folder.url.appending(path: "long")
    let text = String(repeating: "the cab has a bad back. ", count: 9)
    let context = try workspace.folder.write("long.txt", text).path
    let made = try workspace.distill(
      ["--steps", "1", "--tokens", "180", "--context", context], to: long)
    try #require(made.code == 0, "\(made.errors)")
    let result = try workspace.distill(
      ["--beside", long.path, "--tokens", "75", "--context", context])
    #expect(result.code == 2 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("to fit the model's 256 positions, found 256 + "))
    // The last, because it changes the model.
    try workspace.folder.write(
      "model/config.json",
      String(contentsOfFile: workspace.model + "/config.json", encoding: .utf8)
        .replacing("1e-5", with: "2e-5"))
    try workspace.expectRefusal(
      ["--beside", soft.path],
      "\(soft.path): expected an adapter that was trained for the model \(workspace.model), found one of "
        + "another model")
  }

  /// An empty text is neither a name nor the current folder.
  @Test func anEmptyStartIsNone() throws {
    let result = try workspace.distill(["--init", ""])
    #expect(result.code == 2)
    #expect(
      result.errors.contains(
        "The value '' is invalid for '--init <start>': expected a name or the path of an adapter, found an "
          + "empty text"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }
}
