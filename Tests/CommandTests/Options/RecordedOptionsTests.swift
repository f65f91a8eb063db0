import Foundation
import TestSupport
import Testing

/// The options that a run's README.md lists are those that `--config` takes.
@Suite struct RecordedOptionsTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// The lines between the fences of the README's YAML.
  private func block(in output: URL) throws -> String {
    let readme = try String(contentsOf: output.appending(path: "README.md"), encoding: .utf8)
    let rest = try #require(readme.split(separator: "```yaml\n", maxSplits: 1).last)
    return String(try #require(rest.split(separator: "```", maxSplits: 1).first))
  }

  @Test(arguments: [
    ["--steps", "3", "--seed", "18446744073709551615"],
    ["--epochs", "2", "--no-shuffle", "--clip-norm", "0.1", "--weight-decay", "1e-5"],
    [
      "--epochs", "1", "--template", "chatml", "--template-variable", "messages_of_today=\"1\"",
      "--template-variable", "add=[true, null]",
    ],
  ])
  func theBlockOfTheReadmeGivesTheSameRun(options: [String]) throws {
    var options = options
    if let name = options.firstIndex(of: "chatml") {
      // A template that takes the variables.
      let template = try workspace.folder.write(
        "template.jinja",
        """
        {{ messages_of_today }}{{ add }}{% for message in messages %}<|im_start|>\
        {{ message.role }}
        {{ message.content }}<|im_end|>
        {% endfor %}<|im_start|>a
        """)
      options[name] = template.path
    }
    let first = try workspace.distill(options)
    #expect(first.code == 0, "\(first.errors)")
    let recorded = try block(in: workspace.output)
    #expect(recorded.contains("steps:") != recorded.contains("epochs:"))
    let file = try workspace.folder.write("recorded.yaml", recorded)
    let again = workspace.folder.url.appending(path: "again")
    let second = try Program.run([
      "--config", file.path, "--model", workspace.model, "--context", workspace.context, "--inputs",
      workspace.inputs, "--validation", workspace.validation, "--output", again.path, "--device",
      "cpu",
      "--threads", "1",
    ])
    #expect(second.code == 0, "\(second.errors)")
    #expect(try block(in: again) == recorded)
    #expect(try workspace.softPrompt(in: again) == workspace.softPrompt())
  }
}
