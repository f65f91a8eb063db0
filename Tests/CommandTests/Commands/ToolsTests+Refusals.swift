import Foundation
import TestSupport
import Testing

/// Tools that the learned prompt does not stand for: a notice, or a refusal.
extension ToolsTests {
  /// Once, and for the reason that there is.
  @Test func otherToolsOrAMissingContextAreSaid() throws {
    let plain = workspace.folder.url.appending(path: "plain")
    try #require(try workspace.distill(["--steps", "2"], to: plain).code == 0)
    try #require(try workspace.distill(["--steps", "2", "--tools", tools]).code == 0)
    func notices(_ command: String, _ run: URL, _ more: [String]) throws -> [String] {
      let result = try Program.run(
        [
          command, "--model", workspace.model, "--device", "cpu", "--threads", "1", "--adapter",
          run.path,
        ]
          + (command == "chat"
            ? ["--max-tokens", "2"] : ["--inputs", workspace.validation, "--response-tokens", "2"])
          + more, input: command == "chat" ? "a\n" : "")
      #expect(result.code == 0, "\(result.errors)")
      return result.errorLines.filter {
        $0.contains("trained for ") || $0.contains("the tokens of this context")
      }
    }
    let (list, context) = (["--tools", tools], ["--context", workspace.context])
    for command in ["chat", "evaluate"] {
      let without = try notices(command, plain, list + context)
      #expect(without.count == 1)
      #expect(
        without[0].hasSuffix("\(plain.path): trained for no tools, found the tool cab"),
        "\(without)")
      let alone = try notices(command, workspace.output, list)
      #expect(alone.count == 1)
      #expect(
        alone[0].hasSuffix(
          "\(workspace.output.path): trained for these tools beside a context, found them without it"
        ), "\(alone)")
      #expect(try notices(command, workspace.output, list + context).isEmpty)
    }
    let other = try workspace.folder.write("other.txt", "a back is bad").path
    let found = try notices("chat", workspace.output, list + ["--context", other])
    #expect(found.count == 1 && found[0].contains("\(other): the tokens of this context are not"))
  }

  @Test func whatCannotBeReplacedIsRefused() throws {
    try workspace.expectRefusal(
      ["--tools", tools, "--template", "raw"],
      "--tools: expected a chat template that writes the tools, found none; choose one with --template"
    )
    try workspace.expectRefusal(
      ["--tools", tools, "--template", "chatml"],
      "--tools: expected a chat template that writes the tools, found none of them in what template "
        + "chatml writes; give --template the file of one that does")
    let turn = try workspace.folder.write(
      "turn.jinja",
      "{% for m in messages %}<|im_start|>{{ m.role }}{{ tools | tojson if tools and m.role == 'user' }}"
        + "{{ m.content }}<|im_end|>{% endfor %}"
    ).path
    try workspace.expectRefusal(
      ["--tools", tools, "--template", turn],
      "--tools: expected the tools beside the context, with the conversation as it is without them, "
        + "found that \(turn) writes them in the conversation, or changes that for them; where a variable "
        + "of the template moves them, set it with --template-variable")
    try workspace.expectRefusal(
      ["--tools", tools, "--template-variable", "tools=[1]"],
      "--tools: expected no --template-variable tools beside it, found both")
    try workspace.expectRefusal(["--tools", "/none/t"], "/none/t: expected a file, found nothing")
    try workspace.expectRefusal(["--tools", ""], "--tools: expected a path, found an empty text")
    let bad = try workspace.folder.write("bad.json", #"{"tools": []}"#).path
    try workspace.expectRefusal(
      ["--tools", bad],
      "\(bad): expected a list of tools, [{\"type\": \"function\", \"function\": {...}}, ...], found an object"
    )
    let own = try workspace.folder.write(
      "own.jsonl", #"{"messages": [{"role": "user", "content": "a"}], "tools": [{"name": "b"}]}"#
    ).path
    try workspace.expectRefusal(
      ["--tools", tools, "--inputs", own],
      "\(own):1: tools: expected none but those of --tools, which all lines have, found others")
    try Program.expectRefusal(
      [
        "generate", "--model", workspace.model, "--prompt", "a", "--adapter", "x", "--tools", tools,
      ], "give one of --adapter and --tools: the prompt stands for the tools of its training")
  }
}
