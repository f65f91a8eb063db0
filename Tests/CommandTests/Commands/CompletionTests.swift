import Foundation
import TestSupport
import Testing

/// The completions of `make install`, in the shells that are there.
@Suite struct CompletionTests {
  /// A beginning of a command line, the last word of which is completed.
  struct Line: CustomTestStringConvertible {
    let words: [String]
    /// All that it may become.
    let expected: Set<String>
    /// Whether the shell calls the program for it when it is needed.
    var isAsked = false
    var testDescription: String { words.joined(separator: " ") }
  }

  private static let lines = [
    Line(words: ["dist"], expected: ["distill"]),
    Line(words: ["distill", "--reg"], expected: ["--regularize"]),
    Line(words: ["distill", "--method", ""], expected: ["embeddings", "kv"]),
    Line(
      words: ["distill", "--init", "vo"], expected: ["vocabulary"], isAsked: true),
    Line(
      words: ["distill", "--init", "runs/"], expected: ["runs/first", "runs/second"],
      isAsked: true),
    Line(words: ["distill", "--precision", "q"], expected: ["q8_0", "q4_0"]),
    Line(
      words: ["distill", "--loss", ""],
      expected: ["forward-kl", "reverse-kl", "js", "cross-entropy"]),
    Line(words: ["distill", "--device", "cu"], expected: ["cuda"]),
    Line(words: ["distill", "--model", "han"], expected: ["handbook.jsonl", "handbook.txt"]),
    Line(words: ["distill", "--inputs", "han"], expected: ["handbook.jsonl"]),
    Line(
      words: ["distill", "--template", "te"], expected: ["template.jinja"], isAsked: true),
    Line(words: ["chat", "--adapter", "ru"], expected: ["runs"]),
    Line(
      words: ["export", "runs/first", "--format", "peft"],
      expected: ["peft", "peft-cartridge", "peft-prefix"]),
    Line(words: ["export", "ru"], expected: ["runs"]),
  ]

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in [
      "handbook.jsonl", "handbook.txt", "template.jinja", "runs/first/a", "runs/second/b",
      // What a shell would run, were it to expand the names of files.
      "runs/$(touch expanded)/c",
    ] {
      try folder.write(name, "")
    }
    for shell in ["bash", "zsh", "fish"] {
      let script = try Program.run(["--generate-completion-script", shell])
      try #require(script.code == 0)
      try folder.write("_train-gpu.\(shell)", script.output)
    }
  }

  private func run(_ arguments: [String], input: String = "") throws -> Program.Result {
    let path = Program.url.deletingLastPathComponent().path
    return try Program.run(
      ["-C", folder.url.path] + arguments, of: URL(fileURLWithPath: "/usr/bin/env"), input: input,
      environment: [
        "PATH": "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        "HOME": folder.url.path, "TERM": "dumb",
      ])
  }

  private func expect(_ found: [String], _ line: Line) throws {
    let words = Set(
      found.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " /\r")) }
        .filter { !$0.isEmpty })
    // bash keeps names that the shell itself filters later.
    #expect(words.filter { $0.hasPrefix(line.words.last ?? "") } == line.expected, "\(found)")
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "expanded").path))
  }

  @Test(arguments: lines)
  func bash(line: Line) throws {
    let words = ["train-gpu"] + line.words
    let text = words.joined(separator: " ")
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let result = try run(
      ["bash", "--norc"],
      input: """
        . ./_train-gpu.bash
        complete -p train-gpu >&2
        COMP_WORDS=(\(quoted)) COMP_CWORD=\(words.count - 1) COMP_LINE='\(text)' COMP_POINT=\(text.utf8.count)
        _train-gpu train-gpu '\(words[words.count - 1])' '\(words[words.count - 2])'
        printf '%s\\n' "${COMPREPLY[@]}"

        """)
    #expect(result.errors == "complete -o filenames -F _train-gpu train-gpu\n")
    try expect(result.output.split(separator: "\n").map(String.init), line)
  }

  /// fish 3 asks programs in its line editor alone, which a test has no terminal for.
  @Test(
    .enabled(if: Installed.has("fish"), "needs fish (apt-get install fish)"),
    arguments: lines.filter { !$0.isAsked })
  func fish(line: Line) throws {
    let text = (["train-gpu"] + line.words).joined(separator: " ")
    let result = try run([
      "fish", "--no-config", "-c", "source ./_train-gpu.fish; complete -C '\(text)'",
    ])
    #expect((result.code, result.errors) == (0, ""))
    let found = result.output.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
    try expect(found, line)
  }

  /// zsh completes in its line editor alone, so it has a terminal, and shows what it found.
  @Test(.enabled(if: Installed.has("zsh"), "needs zsh (apt-get install zsh)"), arguments: lines)
  func zsh(line: Line) throws {
    let text = (["train-gpu"] + line.words).joined(separator: " ")
    try folder.write("complete.zsh", Self.capture)
    let result = try run(["zsh", "-f", "complete.zsh", text])
    #expect((result.code, result.errors) == (0, ""))
    try expect(result.output.split(separator: "\n").map(String.init), line)
  }

  /// Completes the first argument in a pseudo-terminal and prints what `compadd` was given that
  /// matches.
  private static let capture = #"""
    zmodload zsh/zpty || exit 1
    zpty shell zsh -f -i
    zpty -w shell 'PS1= PROMPT= ; unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; stty -echo; fpath=($PWD $fpath)'
    zpty -w shell 'autoload -Uz compinit; compinit -u -D; source ./_train-gpu.zsh'
    zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $IPREFIX${^found} >>found.txt; builtin compadd "$@" }'
    zpty -w shell 'complete-and-leave() { zle complete-word; print -r done >done.txt; exit }; zle -N complete-and-leave; bindkey "^I" complete-and-leave'
    zpty -w shell 'print -r ready >ready.txt'
    for i in {1..600}; do [[ -s ready.txt ]] && break; sleep 0.05; zpty -rt shell ignored; done
    zpty -wn shell "$1"$'\t'
    for i in {1..600}; do [[ -s done.txt ]] && break; sleep 0.05; zpty -rt shell ignored; done
    [[ -s done.txt ]] || exit 1
    [[ -f found.txt ]] && cat found.txt
    exit 0
    """#
}

/// The programs of this machine.
enum Installed {
  static func has(_ program: String) -> Bool {
    ["/usr/bin", "/bin", "/usr/local/bin"].contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }
}
