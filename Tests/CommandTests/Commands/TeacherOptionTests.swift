import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `--teacher MODEL`: another model reads the context.
@Suite struct TeacherOptionTests {
  let workspace: Workspace
  /// Wider than the student, with another padding of the vocabulary.
  let teacher: String

  init() throws {
    workspace = try Workspace()
    teacher = try TinyModel.write("teacher", in: workspace.folder, width: 64, padding: 5, seed: 9)
      .path
  }

  var option: [String] { ["--teacher", teacher] }

  private func text(_ name: String, in folder: URL? = nil) throws -> String {
    try String(contentsOf: (folder ?? workspace.output).appending(path: name), encoding: .utf8)
  }

  @Test func theFullContextIsTheTeachers() throws {
    let result = try workspace.distill(option + ["--steps", "8"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "teacher and student are compared over the 100 token ids that both have, renormalised: 5 rows of "
          + "the larger vocabulary get no probability"))
    #expect(
      result.errors.contains("the teacher \(teacher) has answered and scored, and is released"))
    #expect(result.errors.contains("teacher cache: projected"))
    #expect(
      result.output.contains(
        "The full context is read by the teacher, \(teacher). The student itself with the full context: KL "
      ))
    let metrics = try workspace.json("metrics.json")
    let record = metrics["made_with"]["teacher"]
    #expect(record["model"] == .string(teacher) && record["vocabulary"] == .integer(100))
    let own = metrics["validation"]["teacher"]["student_full_context"]
    #expect(try #require(own["kl"].double) > 0)
    #expect(try #require(metrics["validation"]["drift"]["kl_full_context"].double) > 0)
    let metadata = try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "soft_prompt.safetensors")
    ).metadata
    #expect(metadata["teacher"]?.contains(teacher) == true)
    #expect(try text("README.md").contains("distilled by Pith from the teacher `\(teacher)`"))
    #expect(try text("report.html").contains("compared over 100 token ids"))
    // Its answers are others than the student's.
    let alone = workspace.folder.url.appending(path: "alone")
    #expect(try workspace.distill(["--steps", "1"], to: alone).code == 0)
    #expect(try text("answers.jsonl") != text("answers.jsonl", in: alone))
    let export = workspace.folder.url.appending(path: "export")
    let exported = try Program.run(
      [
        "export", workspace.output.path, "--format", "peft", "--output", export.path, "--device",
        "cpu",
      ])
    #expect(exported.code == 0, "\(exported.errors)")
    #expect(
      try text("README.md", in: export).contains("learned from the teacher `\(teacher)`"))
  }

  @Test(arguments: [
    [], ["--teacher-cache", "logits"], ["--loss", "js"], ["--loss", "reverse-kl"],
    ["--method", "kv"], ["--method", "kv", "--init", "chunks"], ["--mix-cross-entropy", "0.25"],
  ])
  func aStoppedRunEndsWithTheSameBits(more: [String]) throws {
    let (whole, parts) = (
      workspace.folder.url.appending(path: "whole"), workspace.folder.url.appending(path: "parts")
    )
    let arguments = option + more
    let all = try workspace.distill(arguments + ["--steps", "12"], to: whole)
    #expect(all.code == 0, "\(all.errors)")
    #expect(try workspace.distill(arguments + ["--steps", "5"], to: parts).code == 0)
    let rest = try workspace.distill(arguments + ["--steps", "12", "--resume"], to: parts)
    #expect(rest.code == 0, "\(rest.errors)")
    let name =
      more.contains("kv") ? "cartridge.safetensors" : "soft_prompt.safetensors"
    #expect(
      try Data(contentsOf: whole.appending(path: name))
        == Data(contentsOf: parts.appending(path: name)))
    #expect(
      try workspace.json("metrics.json", in: whole)["validation"]
        == workspace.json("metrics.json", in: parts)["validation"])
    #expect(
      try workspace.steps(in: whole).map { $0["loss"] }
        == workspace.steps(in: parts).map { $0["loss"] })
  }

  @Test func aRunGoesOnWithItsTeacher() throws {
    #expect(try workspace.distill(option + ["--steps", "4"]).code == 0)
    let path = workspace.output.appending(path: "checkpoint-4").path
    let other = try TinyModel.write("other", in: workspace.folder, width: 64, padding: 5, seed: 10)
    for (more, found) in [([], "none"), (["--teacher", other.path], other.path)] {
      let result = try workspace.distill(more + ["--steps", "8", "--resume"])
      #expect(result.code == 2)
      let prefix = "train-gpu: \(path): started with the teacher \(teacher) ("
      #expect(result.errors.hasPrefix(prefix), "\(result.errors)")
      #expect(result.errors.contains("...), found \(found)"), "\(result.errors)")
    }
  }

  /// The student's window holds no context: it learns embeddings, and nothing of its own reading is
  /// said.
  @Test func aStudentOfAShortWindowLearns() throws {
    let short = try TinyModel.write("short", in: workspace.folder, positions: 32).path
    let result = try workspace.distill(["--model", short, "--steps", "4"] + option)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("the student's 32 positions do not hold the"))
    let validation = try workspace.json("metrics.json")["validation"]
    #expect(validation["teacher"]["student_full_context"] == .null)
    #expect(validation["drift"] == .null && validation["kl"].double != nil)
    let kv = try Program.run(
      workspace.arguments(
        with: option + [
          "--model", short, "--method", "kv", "--output", workspace.output.path + "-kv",
        ]))
    #expect(kv.code == 2)
    #expect(
      kv.errors.hasPrefix(
        "train-gpu: --method: expected embeddings, since keys and values start from the student's own "
          + "reading of "), "\(kv.errors)")
    let alone = try Program.run(
      workspace.arguments(with: ["--model", short, "--output", workspace.output.path + "-alone"]))
    #expect(alone.code == 2)
  }

  @Test func evaluateAndStudyTakeIt() throws {
    #expect(try workspace.distill(option + ["--steps", "4"]).code == 0)
    let evaluate = [
      "evaluate", "--model", workspace.model, "--device", "cpu", "--context", workspace.context,
      "--inputs", workspace.validation, "--adapter", workspace.output.path, "--response-tokens",
      "4", "--json",
    ]
    func numbers(_ more: [String]) throws -> (JSON, String) {
      let result = try Program.run(evaluate + more)
      #expect(result.code == 0, "\(result.errors)")
      return (try JSON(parsing: Array(result.output.utf8)), result.errors)
    }
    let (found, errors) = try numbers(option)
    #expect(!errors.contains("trained from the teacher"))
    let metrics = try workspace.json("metrics.json")["validation"]
    let kl = try #require(metrics["kl"].double)
    #expect(abs(try #require(found["kl"].double) / kl - 1) < 1e-4)
    #expect(found["teacher"]["model"] == .string(teacher))
    let own = try #require(found["teacher"]["student_full_context"]["kl"].double)
    #expect(
      abs(own / (try #require(metrics["teacher"]["student_full_context"]["kl"].double)) - 1) < 1e-4)
    let (bare, notice) = try numbers([])
    #expect(bare["teacher"] == .null)
    #expect(
      notice.contains(
        "trained from the teacher \(teacher); the full context here is read by the model itself"))

    let file = workspace.folder.url.appending(path: "study.jsonl")
    func study(_ more: [String]) throws -> String {
      let result = try Program.run(
        [
          "study", "--model", workspace.model, "--context", workspace.context, "--count", "3",
          "--output", file.path, "--overwrite", "--device", "cpu", "--no-filter",
          "--temperature", "1.5", "--chunk-minimum", "8", "--chunk-maximum", "30",
          "--response-tokens", "6", "--question-tokens", "12", "--response-temperature", "1",
        ] + more)
      #expect(result.code == 0, "\(result.errors)")
      return try String(contentsOf: file, encoding: .utf8)
    }
    #expect(try study(option) != study([]))
  }

  /// Where teacher and student predict the same, rounding leaves no KL below 0.
  @Test func noDivergenceIsBelowZero() throws {
    let same = workspace.folder.url.appending(path: "same")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: workspace.model), to: same)
    let result = try workspace.distill(["--teacher", same.path, "--steps", "4"])
    try #require(result.code == 0, "\(result.errors)")
    let metrics = try workspace.json("metrics.json")
    let own = try #require(
      metrics["validation"]["teacher"]["student_full_context"]["kl"].double)
    #expect(own >= 0 && own < 1e-5)
    var found: [Double] = []
    func gather(_ json: JSON, _ key: String = "") {
      switch json {
      case .object(let members): for (key, value) in members.members { gather(value, key) }
      case .array(let elements): for element in elements { gather(element, key) }
      default:
        if key.hasPrefix("kl") || key == "loss", let number = json.double { found.append(number) }
      }
    }
    gather(metrics)
    for name in ["metrics.jsonl", "evaluations.jsonl", "heldout_answers.jsonl"] {
      for line in try text(name).split(separator: "\n") {
        gather(try JSON(parsing: Array(line.utf8)))
      }
    }
    #expect(found.count > 12 && found.allSatisfy { $0 >= 0 }, "\(found)")
  }

  /// One teacher for all sizes.
  @Test func aSweepLearnsFromIt() throws {
    let result = try workspace.distill(option + ["--steps", "4", "--tokens", "2,4"])
    #expect(result.code == 0, "\(result.errors)")
    for size in [2, 4] {
      let folder = workspace.output.appending(path: "tokens-\(size)")
      let metrics = try workspace.json("metrics.json", in: folder)
      #expect(metrics["made_with"]["teacher"]["model"] == .string(teacher))
    }
  }

  /// Nothing but models and a context.
  @Test func aRunWithoutInputsIsStudiedByTheTeacher() throws {
    let result = try Program.run(
      [
        "distill", "--model", workspace.model, "--context", workspace.context, "--output",
        workspace.output.path, "--device", "cpu", "--threads", "1", "--tokens", "3", "--steps",
        "4", "--study-count", "4", "--no-filter", "--question-temperature", "1.5",
        "--chunk-minimum", "8", "--chunk-maximum", "30", "--response-tokens", "6",
        "--question-tokens", "12", "--response-temperature", "1", "--teacher-precision", "bf16",
      ] + option)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("no --inputs: the teacher writes 4 conversations"))
    let record = try workspace.json("metrics.json")["made_with"]["teacher"]
    #expect(record["precision"] == .string("bf16"))
  }
}
