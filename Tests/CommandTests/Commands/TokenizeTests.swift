import Foundation
import TestSupport
import Testing

@Suite struct TokenizeTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder).path
  }

  @Test func everyLineBecomesAnArray() throws {
    let input = "\"abc\"\n\"\"\n\"a\\nb\""
    let result = try Program.run(["tokenize", "--model", model], input: input)
    #expect(result.output == "[0, 4, 3]\n[0]\n[0, 1, 6, 2]\n")
    #expect((result.code, result.errors) == (0, ""))
  }

  @Test func specialTokensCanBeLeftOut() throws {
    let result = try Program.run(
      ["tokenize", "--model", model, "--no-special"], input: "\"abc\"\n\"<|im_end|>\"\n")
    #expect(result.output == "[4, 3]\n[8]\n")
  }

  @Test func tokensStandBesideTheirIds() throws {
    let result = try Program.run(
      ["tokenize", "--model", model, "--json"], input: "\"ab c\"\n\"\"\n")
    #expect(
      result.output == """
        {"ids": [0, 4, 5, 3], "tokens": ["<bos>", "ab", "\u{120}", "c"]}
        {"ids": [0], "tokens": ["<bos>"]}

        """)
  }

  @Test func longInputComesOutWhole() throws {
    let lines = 20_000
    let result = try Program.run(
      ["tokenize", "--model", model, "--no-special"],
      input: String(repeating: "\"cab cab\"\n", count: lines))
    #expect(result.output == String(repeating: "[3, 4, 5, 3, 4]\n", count: lines))
  }

  @Test(arguments: [
    ("\"a\"\n12\n", "standard input:2: expected a JSON string, found the integer 12"),
    ("plain\n", "standard input:1:1: expected a value, found \"p\""),
  ])
  func linesThatAreNoStringsAreNamed(input: String, message: String) throws {
    let result = try Program.run(["tokenize", "--model", model], input: input)
    #expect(result.code == 2)
    #expect(result.errors == "train-gpu: \(message)\n")
  }

  @Test func aDamagedTokenizerIsNamed() throws {
    let file = try folder.write("model/tokenizer.json", "{\"model\": ")
    let result = try Program.run(["tokenize", "--model", model], input: "\"a\"\n")
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: \(file.path): line 1, column "))
  }

  @Test func aLongLineTakesLinearTime() throws {
    let count = 1 << 20
    let result = try Program.run(
      ["tokenize", "--model", model, "--no-special"],
      input: "\"" + String(repeating: "c", count: count) + "\"\n\"a\"")
    #expect(result.code == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].utf8.count == 3 * count && lines[1] == "[1]")
  }

  @Test(arguments: [("<&-", "Bad file descriptor"), ("</", "Is a directory")])
  func anUnreadableStandardInputIsNamed(redirection: String, reason: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec \"$1\" tokenize --model \"$2\" \(redirection)", "sh", Program.url.path, model,
    ]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(text == "train-gpu: standard input cannot be read: \(reason)\n")
    #expect(process.terminationStatus == 2)
  }

  @Test func aHostileTokenizerEndsInOneLine() throws {
    var json = TinyTokenizer.json
    json = json.replacing("\"String\": \"#\"", with: "\"Regex\": \"(a|aa)+#\"")
    try folder.write("model/tokenizer.json", json)
    let result = try Program.run(
      ["tokenize", "--model", model], input: "\"\(String(repeating: "a", count: 2000))\"\n")
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: standard input:1: "))
    #expect(result.errors.contains("takes more than 5400000 steps on a text of 2000 bytes"))
  }
}
