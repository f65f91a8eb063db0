import Foundation
import Testing

/// The man page, which `make install` takes from the program.
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
    let requests: Set = [".TH", ".nh", ".ad", ".SH", ".SS", ".PP", ".TP", ".B"]
    for line in try manual().split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'")
    {
      #expect(requests.contains(String(line.split(separator: " ")[0])), "\(line)")
    }
    #expect(try manual().hasPrefix(".TH TRAIN\\-GPU 1 2026-11-26 \"train-gpu "))
  }

  @Test(.enabled(if: Installed.has("groff"), "needs groff (apt-get install groff)"))
  func groffHasNothingToSay() throws {
    let page = try manual()
    let result = try Program.run(
      ["groff", "-man", "-Tutf8", "-ww", "-z"], of: URL(fileURLWithPath: "/usr/bin/env"),
      input: page)
    #expect((result.code, result.allErrors) == (0, ""))
  }

  @Test(.enabled(if: Installed.has("mandoc"), "needs mandoc (apt-get install mandoc)"))
  func mandocHasNothingToSay() throws {
    let page = try manual()
    let result = try Program.run(
      ["mandoc", "-T", "lint", "-W", "warning"], of: URL(fileURLWithPath: "/usr/bin/env"),
      input: page)
    #expect((result.code, result.output, result.allErrors) == (0, "", ""))
  }
}
