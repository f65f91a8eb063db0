import Foundation
import TestSupport
import Testing

/// TensorBoard's events.
extension ReportTests {
  private func events() throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: workspace.output.appending(path: "tensorboard").path
    ).sorted()
  }

  @Test func eventsAreWrittenOnRequestAndBeginAnewWithAResume() throws {
    _ = try workspace.distill(["--steps", "4", "--tensorboard"])
    #expect(try events().count == 1)
    sleep(1)
    // A run that writes them goes on with them.
    let resumed = try workspace.distill(["--steps", "6", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try events().count == 2)
    #expect(resumed.output.contains("  tensorboard/ "))
    #expect(
      try text(workspace.output.appending(path: "README.md")).contains("- `tensorboard/`: "))
    let replaced = try workspace.distill(["--steps", "2", "--overwrite"])
    #expect(replaced.code == 0, "\(replaced.errors)")
    #expect(
      !FileManager.default.fileExists(
        atPath: workspace.output.appending(path: "tensorboard").path))
  }

  @Test(
    .enabled(
      if: Python.hasTensorBoard, "needs python3 with tensorboard (pip install tensorboard)"))
  func tensorBoardReadsTheEvents() throws {
    _ = try workspace.distill(["--steps", "4", "--tensorboard"])
    let script = """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      found = EventAccumulator(sys.argv[1])
      found.Reload()
      for tag in sorted(found.Tags()["scalars"]):
          print(tag, " ".join(f"{event.step}:{event.value:.6g}" for event in found.Scalars(tag)))
      """
    let result = try Program.run(
      ["python3", "-c", script, workspace.output.appending(path: "tensorboard").path],
      of: URL(fileURLWithPath: "/usr/bin/env"))
    #expect(result.code == 0, "\(result.errors)")
    let losses = try workspace.steps().map { step in
      let loss = try #require(step["loss"]?.double)
      return "\(step["step"]?.double.map { Int($0) } ?? 0):"
        + String(format: "%.6g", Double(Float(loss)))
    }
    #expect(result.output.contains("train/loss \(losses.joined(separator: " "))\n"))
    for tag in ["eval/kl 0:", "eval/top1_agreement 0:", "train/grad_norm 1:"] {
      #expect(result.output.contains(tag), "\(tag)")
    }
  }
}
