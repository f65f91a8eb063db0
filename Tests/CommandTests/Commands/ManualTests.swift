import Foundation
import Testing

/// What `make install` takes from the program: the man page and the completions.
@Suite struct ManualTests {
  private func manual() throws -> String {
    let result = try Program.run(["manual"])
    #expect((result.code, result.errors) == (0, ""))
    return result.output
  }

  @Test func everyCommandAndOptionHasItsPlace() throws {
    let page = try manual()
    let help = try Program.run(["--help"]).output
    let commands = help.split(separator: "SUBCOMMANDS:\n")[1].split(separator: "\n\n")[0]
      .split(separator: "\n")
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .map { String($0.split(separator: " ")[0]) }
    #expect(commands.count > 8 && commands.contains("chat") && !commands.contains("manual"))
    for command in commands {
      #expect(page.contains("\n.SS \"train\\-gpu \(command)\"\n"), "\(command)")
      let own = try Program.run([command, "--help"]).output
      for match in own.matches(of: /(?m)^  (?:-\w, )?(--[a-z-]+)/) {
        let name = match.output.1.replacing("-", with: "\\-")
        #expect(page.contains("\\fB\(name)\\fR"), "\(command) \(match.output.1)")
      }
    }
  }

  @Test func noLineIsARequestByAccident() throws {
    let requests: Set = [".TH", ".SH", ".SS", ".PP", ".TP", ".B"]
    for line in try manual().split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'")
    {
      #expect(requests.contains(String(line.split(separator: " ")[0])), "\(line)")
    }
    #expect(try manual().hasPrefix(".TH TRAIN\\-GPU 1 \"\" \"train-gpu "))
  }

  @Test(.enabled(if: has("groff"), "needs groff (apt-get install groff)"))
  func groffHasNothingToSay() throws {
    let page = try manual()
    let result = try Program.run(
      ["groff", "-man", "-Tutf8", "-ww", "-z"], of: URL(fileURLWithPath: "/usr/bin/env"),
      input: page)
    #expect((result.code, result.allErrors) == (0, ""))
  }

  /// The shells that are there read the completions.
  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreScripts(shell: String) throws {
    let script = try Program.run(["--generate-completion-script", shell])
    #expect(script.code == 0)
    #expect(script.output.contains("train-gpu") && script.output.contains("chat"))
    guard Self.has(shell) else { return }
    let read = try Program.run(
      [shell, "-n"], of: URL(fileURLWithPath: "/usr/bin/env"), input: script.output)
    #expect((read.code, read.allErrors) == (0, ""))
  }

  /// In bash, the beginning of a command is completed.
  @Test func bashCompletesCommands() throws {
    let script = try Program.run(["--generate-completion-script", "bash"]).output
    let result = try Program.run(
      ["bash", "--norc"], of: URL(fileURLWithPath: "/usr/bin/env"),
      input: script + """

        PATH="\(Program.url.deletingLastPathComponent().path):$PATH"
        COMP_WORDS=(train-gpu ch) COMP_CWORD=1 COMP_LINE="train-gpu ch" COMP_POINT=12
        _train-gpu train-gpu ch train-gpu
        printf '%s\\n' "${COMPREPLY[@]}"

        """)
    #expect(result.output.split(separator: "\n").map(String.init).contains { $0.hasPrefix("chat") })
  }

  private static func has(_ program: String) -> Bool {
    ["/usr/bin", "/bin", "/usr/local/bin"].contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }
}
